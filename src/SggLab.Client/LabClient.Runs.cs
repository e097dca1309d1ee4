using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;

namespace SggLab.Client;

/// <summary>Experiments, runs and what is read of them.</summary>
public sealed partial class LabClient
{
    /// <param name="key">The same key queues once, however often it is sent.</param>
    public Task<ExperimentQueued> QueueAsync(ExperimentSpec spec, string key, CancellationToken stop = default) =>
        CallAsync<ExperimentQueued>(HttpMethod.Post, "api/v1/experiments", new QueueExperiment(key, spec), repeatable: true, stop);

    public Task<IReadOnlyList<ExperimentSummary>> ExperimentsAsync(CancellationToken stop = default) =>
        GetAsync<IReadOnlyList<ExperimentSummary>>("api/v1/experiments", stop);

    /// <summary>All runs, newest first.</summary>
    /// <param name="experiment">Only those of this experiment (its id).</param>
    /// <param name="search">Only those with this text in their name, their experiment's or their id.</param>
    public async Task<IReadOnlyList<RunSummary>> RunsAsync(string? experiment = null, string? state = null, string? search = null, CancellationToken stop = default)
    {
        const int page = 500;
        var runs = new List<RunSummary>();
        while (true)
        {
            var more = await GetAsync<IReadOnlyList<RunSummary>>(Query("api/v1/runs", ("experiment", experiment), ("state", state), ("search", search), ("after", runs.Count == 0 ? null : runs[^1].Id), ("limit", $"{page}")), stop);
            runs.AddRange(more);
            if (more.Count < page) return runs;
        }
    }

    public Task<RunDetail> RunAsync(string runId, CancellationToken stop = default) => GetAsync<RunDetail>($"api/v1/runs/{Part(runId)}", stop);

    /// <summary>Sending it twice changes nothing the second time.</summary>
    public Task<RunChanged> CancelAsync(string runId, CancellationToken stop = default) => CallAsync<RunChanged>(HttpMethod.Post, $"api/v1/runs/{Part(runId)}/cancel", null, repeatable: true, stop);

    /// <summary>Puts a failed or cancelled run back into the queue.</summary>
    public Task<RunChanged> RetryAsync(string runId, CancellationToken stop = default) => CallAsync<RunChanged>(HttpMethod.Post, $"api/v1/runs/{Part(runId)}/retry", null, repeatable: true, stop);

    /// <summary>All metrics of the run when none is named.</summary>
    public Task<IReadOnlyList<Curve>> CurvesAsync(string runId, IEnumerable<string> metrics, CancellationToken stop = default) =>
        GetAsync<IReadOnlyList<Curve>>(Query($"api/v1/runs/{Part(runId)}/curves", [.. metrics.Select(m => ("metric", (string?)m))]), stop);

    /// <summary>Every event of the run's stream and of its attempts' streams, in the order they were stored. A reply that breaks off is taken up again.</summary>
    public async IAsyncEnumerable<EventItem> EventsAsync(string runId, [EnumeratorCancellation] CancellationToken stop = default)
    {
        var (last, broken) = (0L, 0);
        while (true)
        {
            var path = Query($"api/v1/runs/{Part(runId)}/events", ("after", last.ToString(CultureInfo.InvariantCulture)));
            using var reply = await OpenAsync(path, stop);
            await using var stream = await reply.Content.ReadAsStreamAsync(stop);
            using var reader = new StreamReader(stream);
            LabApiException? problem;
            while (true)
            {
                (var line, problem) = await NextLineAsync(reader, stop);
                if (line is null) break;
                if (line.Length == 0) continue;
                var item = EventOf(line, path);
                (last, broken) = (item.Sequence, 0);
                yield return item;
            }
            if (problem is null) yield break;
            if (++broken >= Tries) throw problem;
            await Task.Delay(FirstWait * (1 << Math.Min(broken, 6)), stop);
        }
    }

    private Task<HttpResponseMessage> OpenAsync(string path, CancellationToken stop) => RepeatAsync(true, async () =>
    {
        using var limit = Limit(CallTimeout, stop);
        return await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), limit.Token, stop);
    }, stop);

    private EventItem EventOf(string line, string path)
    {
        try
        {
            return JsonSerializer.Deserialize<EventItem>(line, Tolerant) ?? throw Unreadable(path, "a line with null", null);
        }
        catch (JsonException e)
        {
            throw Unreadable(path, "a line of another form: " + e.Message, e);
        }
    }

    /// <returns>The next line, or null at the end, with the problem when the end came too early.</returns>
    private async Task<(string? Line, LabApiException? Problem)> NextLineAsync(StreamReader reader, CancellationToken stop)
    {
        try
        {
            return (await reader.ReadLineAsync(stop), null);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return (null, NoAnswer(e));
        }
    }

    /// <param name="asOf">A time (ISO 8601 with offset) or a sequence number; null = now.</param>
    /// <param name="experiment">Only rows of this experiment (its id); they keep their ranks.</param>
    /// <returns>The rows, and how many there are: more where the site gave the best of them alone.</returns>
    public Task<(IReadOnlyList<LeaderboardRow> Rows, int Total)> LeaderboardAsync(string? dataset = null, string? split = null, string? asOf = null, string? experiment = null, CancellationToken stop = default)
    {
        var path = Query("api/v1/leaderboard", ("dataset", dataset), ("split", split), ("asOf", asOf), ("experiment", experiment));
        return RepeatAsync(true, async () =>
        {
            using var limit = Limit(CallTimeout, stop);
            using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), limit.Token, stop);
            var rows = await ReadAsync<IReadOnlyList<LeaderboardRow>>(reply, path, limit.Token, stop);
            var said = reply.Headers.TryGetValues("X-Total-Count", out var values) && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var total) ? total : 0;
            return (rows, Math.Max(said, rows.Count));
        }, stop);
    }

    public Task<CheckpointLineage> LineageAsync(string checkpoint, CancellationToken stop = default) =>
        GetAsync<CheckpointLineage>($"api/v1/checkpoints/{Part(checkpoint)}/lineage", stop);

    public Task<SiteStatus> StatusAsync(CancellationToken stop = default) => GetAsync<SiteStatus>("api/v1/status", stop);
    public Task<IReadOnlyList<WorkerSummary>> WorkersAsync(CancellationToken stop = default) => GetAsync<IReadOnlyList<WorkerSummary>>("api/v1/workers", stop);

    /// <summary>The site answers and its database does too.</summary>
    public async Task<bool> IsHealthyAsync(CancellationToken stop = default)
    {
        try
        {
            using var limit = Limit(TimeSpan.FromSeconds(5), stop);
            using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, "health"), limit.Token, stop);
            return true;
        }
        catch (LabApiException)
        {
            return false;
        }
    }
}
