namespace SggLab.Web.Experiments;

/// <summary>What the form's fields hold before anyone fills them in.</summary>
internal sealed record FieldDefaults(string Steps, string SftSteps, string SftLearningRate, string GrpoLearningRate, string PromptsPerStep, string MaxCompletionTokens)
{
    /// <summary>Of the demo: a model of a million parameters.</summary>
    public static FieldDefaults Synthetic { get; } = new("300", "300", "1e-3", "1e-4", "8", "80");

    /// <summary>Of the paper: a model of two or seven billion.</summary>
    public static FieldDefaults Published { get; } = new("200", "400", "1e-5", "6e-7", "32", "1024");

    public static FieldDefaults Of(string vocabulary) => vocabulary == "synthetic" ? Synthetic : Published;
}
