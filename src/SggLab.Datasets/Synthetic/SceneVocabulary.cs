namespace SggLab.Datasets.Synthetic;

/// <summary>What synthetic scenes are made of. Each shape has a hue of its own, so that a small model can tell them apart.</summary>
public static class SceneVocabulary
{
    /// <summary>Object classes, in the order of their palette.</summary>
    public static IReadOnlyList<string> Objects { get; } = ["circle", "square", "triangle", "star", "diamond", "cross", "ring", "frame"];

    /// <summary>Predicates from the commonest to the rarest; the tail is what tells mean recall from recall.</summary>
    public static IReadOnlyList<string> Predicates { get; } = ["left of", "above", "near", "touching", "overlapping", "inside"];

    /// <summary>A prompt that leaves the names open.</summary>
    public const string PromptOpen = "Write the scene graph of this image.";

    /// <summary>A prompt that names the vocabulary.</summary>
    public static string PromptClose { get; } =
        $"Write the scene graph of this image as JSON. Objects: {string.Join(", ", Objects)}. Relationships: {string.Join(", ", Predicates)}.";

    internal static readonly (byte R, byte G, byte B)[] Colours =
    [
        (205, 45, 45), (40, 90, 200), (35, 150, 60), (235, 170, 20), (150, 50, 180), (20, 170, 185), (235, 105, 30), (90, 70, 55),
    ];
}
