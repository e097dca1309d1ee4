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
    public async Task<IReadOnlyList<RunSummary>> RunsAsync(string? experiment = null, string? state = null, CancellationToken stop = default)
    {
        const int page = 500;
        var runs = new List<RunSummary>();
        while (true)
        {
            var more = await GetAsync<IReadOnlyList<RunSummary>>(Query("api/v1/runs", ("experiment", experiment), ("state", state), ("after", runs.Count == 0 ? null : runs[^1].Id), ("limit", $"{page}")), stop);
            runs.AddRange(more);
            if (more.Count < page) return runs;
        }
    }

    public Task<RunDetail> RunAsync(string runId, CancellationToken stop = default) => GetAsync<RunDetail>($"api/v1/runs/{Part(runId)}", stop);

    /// <summary>Sending it twice changes nothing the second time.</summary>
    public Task CancelAsync(string runId, CancellationToken stop = default) => DoAsync($"api/v1/runs/{Part(runId)}/cancel", stop);

    /// <summary>Puts a failed or cancelled run back into the queue.</summary>
    public Task RetryAsync(string runId, CancellationToken stop = default) => DoAsync($"api/v1/runs/{Part(runId)}/retry", stop);

    /// <summary>All metrics of the run when none is named.</summary>
    public Task<IReadOnlyList<Curve>> CurvesAsync(string runId, IEnumerable<string> metrics, CancellationToken stop = default) =>
        GetAsync<IReadOnlyList<Curve>>(Query($"api/v1/runs/{Part(runId)}/curves", [.. metrics.Select(m => ("metric", (string?)m))]), stop);

    /// <summary>Every event of the run's stream and of its attempts' streams, in the order they were stored.</summary>
    public async IAsyncEnumerable<EventItem> EventsAsync(string runId, [EnumeratorCancellation] CancellationToken stop = default)
    {
        var path = $"api/v1/runs/{Part(runId)}/events";
        using var reply = await RepeatAsync(true, async () =>
        {
            using var limit = Limit(CallTimeout, stop);
            return await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), limit.Token, stop);
        }, stop);
        await using var stream = await reply.Content.ReadAsStreamAsync(stop);
        using var reader = new StreamReader(stream);
        while (await NextLineAsync(reader, stop) is { } line)
        {
            if (line.Length == 0) continue;
            EventItem? item;
            try
            {
                item = JsonSerializer.Deserialize<EventItem>(line, Tolerant);
            }
            catch (JsonException e)
            {
                throw Unreadable(path, "a line of another form: " + e.Message, e);
            }
            if (item is not null) yield return item;
        }
    }

    /// <param name="asOf">A time (ISO 8601 with offset) or a sequence number; null = now.</param>
    public Task<IReadOnlyList<LeaderboardRow>> LeaderboardAsync(string? dataset = null, string? split = null, string? asOf = null, CancellationToken stop = default) =>
        GetAsync<IReadOnlyList<LeaderboardRow>>(Query("api/v1/leaderboard", ("dataset", dataset), ("split", split), ("asOf", asOf)), stop);

    public Task<CheckpointLineage> LineageAsync(string checkpoint, CancellationToken stop = default) =>
        GetAsync<CheckpointLineage>($"api/v1/checkpoints/{Part(checkpoint)}/lineage", stop);

    public Task<SiteStatus> StatusAsync(CancellationToken stop = default) => GetAsync<SiteStatus>("api/v1/status", stop);
    public Task<IReadOnlyList<WorkerSummary>> WorkersAsync(CancellationToken stop = default) => GetAsync<IReadOnlyList<WorkerSummary>>("api/v1/workers", stop);
    public Task<IReadOnlyList<QueueItem>> QueueItemsAsync(CancellationToken stop = default) => GetAsync<IReadOnlyList<QueueItem>>("api/v1/queue", stop);
    public Task<IReadOnlyList<ActivityItem>> ActivityAsync(CancellationToken stop = default) => GetAsync<IReadOnlyList<ActivityItem>>("api/v1/activity", stop);

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

    /// <summary>A command that may be sent twice and whose answer says nothing more.</summary>
    private Task<bool> DoAsync(string path, CancellationToken stop) => RepeatAsync(true, async () =>
    {
        using var limit = Limit(CallTimeout, stop);
        using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path), limit.Token, stop);
        return true;
    }, stop);

    private async Task<string?> NextLineAsync(StreamReader reader, CancellationToken stop)
    {
        try
        {
            return await reader.ReadLineAsync(stop);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw NoAnswer(e);
        }
    }
}
