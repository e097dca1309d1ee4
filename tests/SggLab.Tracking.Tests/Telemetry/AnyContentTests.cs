using System.Text.Json.Nodes;
using SggLab.Contracts.Records;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Telemetry;

/// <summary>Records whose content was damaged in every way that JSON allows: all are stored, and no projection stops at one.</summary>
public sealed class AnyContentTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    private static readonly string[] Replacements =
        ["null", "-1", "1e999", "12345678901234567890", "1.5", "\"\"", "\"NaN\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[null]", "{\"a\":null}", "true", "NaN", "\"" + new string('x', 5000) + "\""];

    [Fact]
    public async Task Damaged_records_are_stored_and_no_projection_stops_at_one()
    {
        var lease = await LeasedAsync();
        var checkpoint = await SaveCheckpointLineAsync(1, 3);
        string[] whole = [Started(1), Metrics(1, 1, 0.5), checkpoint, await EvaluationLineAsync(1, IdOf(checkpoint), 3, [0.1, null]),
            Line(1, RecordTypes.Rollouts, new RolloutsRecord(1, 4, await BlobAsync("shard"), 0.5, 0.1, new Dictionary<string, double>(), 0)), Line(1, RecordTypes.Log, new LogRecord("info", "x"))];
        var n = 0L;
        var random = new Random(7);
        foreach (var line in whole)
            foreach (var damaged in Damage(line, random, 40))
            {
                var numbered = "{\"n\":" + ++n + damaged["{\"n\":1".Length..];
                var refusal = (await SendAsync(lease, numbered)).Refusal;
                if (refusal is null)
                    continue;
                refusal.Message.ShouldContain("not stored");
                n--;
            }
        await SendOkAsync(lease, Metrics(++n, 9, 0.25), Closed(++n, "completed"));
        await SettledAsync();

        n.ShouldBeGreaterThan(150);
        var run = (await Get<RunQueries>().FindAsync(Ada, lease.RunId, Stop)).ShouldNotBeNull().Run;
        run.State.ShouldBe("completed");
        run.LastMetrics["loss"].ShouldBe(0.25);
        (await RebuildCheck.RunAsync(Database, cancellation: Stop)).Differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_closing_record_ends_the_run_in_some_way()
    {
        foreach (var damaged in Damage(Closed(1, "failed", "why"), new Random(3), 25))
        {
            var lease = await LeasedAsync();
            await SendOkAsync(lease, damaged);
            (await ScalarAsync<long>("select count(*) from lab.worker_lease where run_id = $1", lease.RunId)).ShouldBe(0);
            if ((await StreamAsync(StreamKeys.Run(lease.RunId)))[^1].Data is RunRequeued)
                await Commands.SendAsync(new CancelRun(Ada, lease.RunId), Stop);
        }
        await SettledAsync();
    }

    /// <summary>The line with one value of its data replaced or taken out.</summary>
    private static IEnumerable<string> Damage(string line, Random random, int times)
    {
        var start = line.IndexOf("\"data\":", StringComparison.Ordinal) + "\"data\":".Length;
        var (head, data) = (line[..start], line[start..^1]);
        for (var i = 0; i < times; i++)
        {
            var root = JsonNode.Parse(data)!;
            var places = Places(root).ToList();
            var (parent, key) = places[random.Next(places.Count)];
            var marker = "\"@here@\"";
            if (random.Next(5) == 0)
            {
                parent.Remove(key);
                yield return head + root.ToJsonString() + "}";
                continue;
            }
            parent[key] = "@here@";
            yield return head + root.ToJsonString().Replace(marker, Replacements[random.Next(Replacements.Length)], StringComparison.Ordinal) + "}";
        }
    }

    private static IEnumerable<(JsonObject Parent, string Key)> Places(JsonNode node) => node switch
    {
        JsonObject o => o.Select(member => (o, member.Key)).Concat(o.Where(member => member.Value is not null).SelectMany(member => Places(member.Value!))),
        JsonArray a => a.Where(item => item is not null).SelectMany(item => Places(item!)),
        _ => [],
    };
}
