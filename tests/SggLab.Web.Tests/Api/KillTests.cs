using System.Net.Http.Json;
using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Store;

namespace SggLab.Web.Tests.Api;

/// <summary>The web process dies in the middle of everything; what it acknowledged stays, once.</summary>
public sealed class KillTests(SiteProcess site) : IClassFixture<SiteProcess>
{
    private const int Records = 600;
    private const int Kills = 4;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_or_doubled_when_the_web_process_is_killed_in_mid_ingest()
    {
        using var admin = site.ClientOf("admin-token");
        using var worker = site.ClientOf("worker-token");
        var run = (await WorkerSide.QueueAsync(admin, WorkerSide.Experiment("kill", "scripted"))).Runs[0].Id;
        var lease = await WorkerSide.LeaseAsync(worker, "w1");
        string[] lines = [WorkerSide.Started(1), .. Enumerable.Range(2, Records - 2).Select(n => WorkerSide.Metrics(n, n - 1)), WorkerSide.Closed(Records)];

        var acknowledged = 0L;
        var sending = SendAllAsync(worker, lease, lines, n => Interlocked.Exchange(ref acknowledged, n));
        for (var kill = 1; kill <= Kills; kill++)
        {
            while (Interlocked.Read(ref acknowledged) < Records * kill / (Kills + 1) && !sending.IsCompleted)
                await Task.Delay(5, TestContext.Current.CancellationToken);
            await site.KillAsync();
            var before = Interlocked.Read(ref acknowledged);
            (await StoredAsync(lease)).Count.ShouldBeGreaterThanOrEqualTo((int)before);
            await site.StartAsync();
        }
        await sending;

        (await StoredAsync(lease)).ShouldBe(lines);
        await UntilAsync(async () => (await admin.GetFromJsonAsync<RunDetail>($"runs/{run}", Contracts.LabJson.Options, TestContext.Current.CancellationToken))!.Run is { State: "completed", Step: >= Records - 2 });
        var curve = (await admin.GetFromJsonAsync<Curve[]>($"runs/{run}/curves?metric=loss", Contracts.LabJson.Options, TestContext.Current.CancellationToken))!.ShouldHaveSingleItem();
        curve.Steps.ShouldBe(Enumerable.Range(1, Records - 2));
        (await RebuildCheck.RunAsync(site.Database, cancellation: TestContext.Current.CancellationToken)).Differences.ShouldBeEmpty();
    }

    private static async Task SendAllAsync(HttpClient http, LeaseGrant lease, string[] lines, Action<long> acknowledged)
    {
        for (var sent = 0; sent < lines.Length;)
        {
            try
            {
                using var answer = await WorkerSide.SendAsync(http, lease, lines.Skip(sent).Take(7));
                if (!answer.IsSuccessStatusCode)
                    throw new HttpRequestException(await answer.Content.ReadAsStringAsync());
                sent = (int)(await WorkerSide.ReadAsync<RecordsAccepted>(answer)).LastRecord;
                acknowledged(sent);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>The attempt's records in the order of their versions, which must count up without a gap.</summary>
    private async Task<List<string>> StoredAsync(LeaseGrant lease)
    {
        await using var source = NpgsqlDataSource.Create(site.Database);
        await using var command = source.CreateCommand($"select version, convert_from(substring(bdata from 67), 'UTF8') from lab.mt_events where stream_id = 'attempt-{lease.RunId}-{lease.Attempt}' and version > 1 order by version");
        await using var reader = await command.ExecuteReaderAsync();
        var stored = new List<string>();
        while (await reader.ReadAsync())
        {
            reader.GetInt64(0).ShouldBe(stored.Count + 2);
            stored.Add(reader.GetString(1));
        }
        return stored;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 150; i++)
        {
            if (await holds())
                return;
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
        (await holds()).ShouldBeTrue();
    }
}
