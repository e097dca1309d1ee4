namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>A token as spaCy makes it.</summary>
/// <param name="Norm">The word that it stands for: "n't" is "not".</param>
/// <param name="SpaceAfter">Whether a single space follows, which is no token of its own.</param>
internal readonly record struct SpacyToken(string Text, string Norm, bool SpaceAfter);
