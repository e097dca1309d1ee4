using System.Text.Encodings.Web;
using System.Text.Json;
using SggLab.Contracts.Api;

namespace SggLab.Web.Runs;

/// <summary>An event as text: a line of it, and all of it.</summary>
public static class EventText
{
    /// <summary>Stored names of the events that a run and its attempts have; log_written is what the trainer said.</summary>
    public const string Log = "log_written";

    public static IReadOnlyList<string> Types { get; } =
    [
        "run_queued", "run_leased", "run_started", "run_checkpointed", "run_evaluated", "run_cancel_requested", "run_cancelled", "run_completed", "run_failed", "lease_lost",
        "run_requeued", "attempt_opened", "started_recorded", "metrics_recorded", "rollouts_recorded", "checkpoint_saved", "evaluation_recorded", Log, "attempt_closed",
    ];

    private const int Longest = 220, MostText = 60_000;

    // Shown as text, never as HTML, so that quotes and accents may stay as they are.
    private static readonly JsonSerializerOptions s_whole = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions s_brief = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The first members in one line.</summary>
    public static string Brief(EventItem item)
    {
        if (item.Data.ValueKind != JsonValueKind.Object)
            return Cut(JsonSerializer.Serialize(item.Data, s_brief), Longest);
        return Cut(string.Join("  ", item.Data.EnumerateObject().Take(8).Select(member => $"{member.Name} {Value(member.Value)}")), Longest);
    }

    public static string Whole(EventItem item) => Cut(JsonSerializer.Serialize(item.Data, s_whole), MostText);

    private static string Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "{…}",
        JsonValueKind.Array when value.GetArrayLength() is var count and not 1 => $"[{count}]",
        JsonValueKind.String => Cut(value.GetString() ?? "", 80).ReplaceLineEndings(" "),
        _ => Cut(value.GetRawText(), 80),
    };

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length] + "…";
}
