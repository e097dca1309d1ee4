namespace SggLab.Web.Look;

/// <summary>A run's state as people read it: word, icon and tone; never colour alone.</summary>
public sealed record StateLook(string State, string Word, string Icon, string Tone)
{
    public static IReadOnlyList<StateLook> All { get; } =
    [
        new("running", "Running", "activity", "run"),
        new("queued", "Queued", "clock", "wait"),
        new("waiting", "Waiting", "hourglass-split", "wait"),
        new("completed", "Completed", "check-circle-fill", "good"),
        new("failed", "Failed", "x-circle-fill", "bad"),
        new("cancelled", "Cancelled", "slash-circle", "off"),
    ];

    public static StateLook Of(string state) =>
        All.FirstOrDefault(look => look.State == state) ?? new(state, state, "info-circle", "off");

    public static bool IsOver(string state) => state is "completed" or "failed" or "cancelled";
}
