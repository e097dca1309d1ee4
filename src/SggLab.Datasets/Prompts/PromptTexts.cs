namespace SggLab.Datasets.Prompts;

/// <summary>The texts of R1-SGG's prompts (prompt_gallery.py), letter by letter: another wording is another experiment.</summary>
public static class PromptTexts
{
    /// <summary>Names no categories (PROMPT_SG).</summary>
    public static string Open { get; } = Read("open");

    /// <summary>Lists VG150's categories (PROMPT_CLOSE_VG150).</summary>
    public static string ClosedVg150 { get; } = Closed(Vocabulary.Vg150);

    /// <summary>Lists PSG's categories (PROMPT_CLOSE_PSG).</summary>
    public static string ClosedPsg { get; } = Closed(Vocabulary.Psg);

    /// <summary>The system prompt of SFT, and of RL without think tags.</summary>
    public const string PlainSystem = "You are a helpful and multimodal AI assistant.";

    /// <summary>The system prompt that asks for think and answer tags.</summary>
    public const string ThinkSystem =
        "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The assistant first thinks about " +
        "the reasoning process in the mind and then provides the user with the answer. The reasoning process and answer are enclosed within " +
        "<think> </think> and <answer> </answer> tags, respectively, i.e., <think> reasoning process here </think><answer> answer here </answer>";

    /// <summary>The closed prompt for any vocabulary.</summary>
    public static string Closed(Vocabulary vocabulary) => Read("closed")
        .Replace("{objects}", PythonDumps.Texts(vocabulary.Objects), StringComparison.Ordinal)
        .Replace("{predicates}", PythonDumps.Texts(vocabulary.Predicates), StringComparison.Ordinal);

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(PromptTexts).Assembly.GetManifestResourceStream("prompts/" + name)!);
        return reader.ReadToEnd();
    }
}
