namespace SggLab.Web.Runs;

/// <summary>The choices of the run list.</summary>
public static class RunListText
{
    /// <summary>Runs that one comparison takes.</summary>
    public const int MostPicked = 50;

    public static IReadOnlyList<string> Methods { get; } = ["sft", "grpo", "evaluate", "scripted"];
}
