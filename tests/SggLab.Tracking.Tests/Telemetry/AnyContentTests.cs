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

    private static readonly string[] Extremes =
    [
        "9223372036854775807", "-9223372036854775808", "2147483647", "-2147483648", "70368744177664", "1e308", "-1e308", "4.9e-324", "1e-999", "-1e999", "18446744073709551616", "-0.0", "\"-Infinity\"",
        "[9223372036854775807,9223372036854775807]", "[1e308,1e308]", "[\"NaN\"]", "{\"\":1}", "{\"a\\u0000b\":1,\"a\":2,\"a\":3}", "\"" + new string('\u6f22', 200) + "\"", "\"" + new string('\u6f22', 70_000) + "\"",
        "\"a|b\\u0000{run}\"", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59Z\"", "[[[[[[[[[[]]]]]]]]]]", string.Concat(Enumerable.Repeat("[", 100)) + string.Concat(Enumerable.Repeat("]", 100)),
    ];

    [Fact]
    public async Task Extreme_values_in_any_field_are_stored_and_no_projection_stops_or_leaves_one_out()
    {
        var lease = await LeasedAsync();
        var checkpoint = await SaveCheckpointLineAsync(1, 3);
        var file = await BlobAsync("large");
        var id = 0;
        var n = 0L;
        string[] whole = [Started(1, 1, "c"), Metrics(1, 1, 0.5), checkpoint, await EvaluationLineAsync(1, IdOf(checkpoint), 3, [0.1, null]),
            Line(1, RecordTypes.Rollouts, new RolloutsRecord(1, 4, file, 0.5, 0.1, new Dictionary<string, double> { ["format"] = 1 }, 0)), Line(1, RecordTypes.Log, new LogRecord("info", "x")),
            Line(1, RecordTypes.Checkpoint, new CheckpointRecord("c", 1, "full", null, [file with { Bytes = long.MaxValue }, file with { Path = "b", Bytes = long.MaxValue }], "s", null, "1"))];
        foreach (var line in whole)
        {
            var data = line[(line.IndexOf("\"data\":", StringComparison.Ordinal) + "\"data\":".Length)..^1];
            for (var place = 0; place < Values(JsonNode.Parse(data)!).Count(); place++)
            {
                List<string> batch = [];
                foreach (var extreme in Extremes)
                {
                    var root = JsonNode.Parse(data)!;
                    Values(root).ElementAt(place)("@here@");
                    var changed = root.ToJsonString().Replace("\"@here@\"", extreme, StringComparison.Ordinal);
                    // Each its own checkpoint: a known one is not registered again.
                    if (line == checkpoint)
                        changed = changed.Replace(IdOf(checkpoint), $"c{++id}", StringComparison.Ordinal);
                    batch.Add("{\"n\":" + (n + batch.Count + 1) + line["{\"n\":1".Length..line.IndexOf("\"data\":", StringComparison.Ordinal)] + "\"data\":" + changed + "}");
                }
                if ((await SendAsync(lease, [.. batch])).Refusal is { } refusal)
                    refusal.Message.ShouldContain("not stored");
                else
                    n += batch.Count;
            }
        }
        await SendOkAsync(lease, Metrics(++n, 9, 0.25), Closed(++n, "completed"));
        await SettledAsync();

        n.ShouldBeGreaterThan(800);
        (await Get<RunQueries>().FindAsync(Ada, lease.RunId, Stop)).ShouldNotBeNull().Run.LastMetrics["loss"].ShouldBe(0.25);
        (await Get<Tracking.Leaderboards.LeaderboardQueries>().RankAsync(Ada, cancellation: Stop)).Rows.ShouldNotBeEmpty();
        (await Get<Tracking.Comparisons.ComparisonQueries>().CurvesAsync(Ada, [lease.RunId], cancellation: Stop)).ShouldNotBeEmpty();
        (await Get<Tracking.Activity.ActivityQueries>().RecentAsync(Ada, 1000, cancellation: Stop)).ShouldNotBeEmpty();
        var report = await RebuildCheck.RunAsync(Database, cancellation: Stop);
        report.DeadLetters.ShouldBeEmpty();
        report.Differences.ShouldBeEmpty();
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

    /// <summary>Sets each value of the tree in turn, containers and items of lists too.</summary>
    private static IEnumerable<Action<string>> Values(JsonNode node) => node switch
    {
        JsonObject o => o.ToList().SelectMany(member => Under(member.Value, text => o[member.Key] = text)),
        JsonArray a => Enumerable.Range(0, a.Count).SelectMany(i => Under(a[i], text => a[i] = text)),
        _ => [],
    };

    private static IEnumerable<Action<string>> Under(JsonNode? node, Action<string> set) => node is null ? [set] : [set, .. Values(node)];

    private static IEnumerable<(JsonObject Parent, string Key)> Places(JsonNode node) => node switch
    {
        JsonObject o => o.Select(member => (o, member.Key)).Concat(o.Where(member => member.Value is not null).SelectMany(member => Places(member.Value!))),
        JsonArray a => a.Where(item => item is not null).SelectMany(item => Places(item!)),
        _ => [],
    };
}
