using System.Text.Json;
using SggLab.Contracts.Api;

namespace SggLab.Web.Tests;

/// <summary>Views as the queries answer them, with what a test does not care about filled in.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    public static RunSummary Run(string name = "soft-s1", string? variant = "soft_recall", int seed = 1, string state = "running", string method = "grpo", int step = 40, int? total = 100,
        IReadOnlyDictionary<string, double>? metrics = null, string experiment = "e1", string? message = null, int attempt = 1, int queuedMinute = 0) =>
        new(name, experiment, "rewards", name, variant, method, seed, state, attempt, step, total, "w1", Noon.AddMinutes(queuedMinute), Noon, state is "completed" ? Noon.AddMinutes(5) : null, message, null,
            metrics ?? new Dictionary<string, double>());

    public static EvaluationSummary Evaluation(string run = "soft-s1", string checkpoint = "c1", double recall = 0.5, int step = 100, long at = 7, string protocolHash = "p1", Dictionary<string, double>? predicates = null) =>
        new(run, run, checkpoint, step, "demo", protocolHash, "synthetic", "test", 300, 0.01, recall, recall * 0.8, null, recall - 0.02, recall + 0.02, at, Noon, predicates ?? [], new Dictionary<string, double>());

    public static LeaderboardRow Row(int rank, double recall, string method = "grpo", string? variant = "soft_recall", int? step = 100, Difference? over = null, int seed = 1) =>
        new(rank, $"run-{rank}", $"r{rank}", variant, method, seed, $"c{rank}", "demo", "p1", "synthetic", "test", 300, 0.01, recall, recall - 0.02, recall + 0.02, recall, null, over, rank, Noon, step);

    public static CheckpointNode Checkpoint(string id, string? parent, string run = "r1", int step = 100, string kind = "full", long at = 1) =>
        new(id, run, run, 1, step, kind, parent, 1000, [], "s", null, "1.0", Noon, at);

    public static EventItem Event(long sequence, string type = "metrics_recorded", string data = "{}") =>
        new(sequence, "run-r1", sequence, type, Noon, null, JsonSerializer.Deserialize<JsonElement>(data));

    public static Curve Curve(string metric, params double[] values) => new("r1", metric, [.. Enumerable.Range(1, values.Length)], values);
}
