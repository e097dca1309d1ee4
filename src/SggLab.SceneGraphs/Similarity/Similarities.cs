using SggLab.Contracts;

namespace SggLab.SceneGraphs.Similarity;

/// <summary>Similarities by the names that specs use.</summary>
public static class Similarities
{
    private const string Vectors = "vectors:";

    /// <param name="name"><c>spacy-sm</c>, <c>exact</c>, or <c>vectors:</c> and the path of a GloVe text file.</param>
    /// <exception cref="LabException">Another name, or a file that holds no vectors.</exception>
    public static ICategorySimilarity Create(string name) => name switch
    {
        "spacy-sm" => SpacySmSimilarity.Shared,
        "exact" => new ExactSimilarity(),
        _ when name.StartsWith(Vectors, StringComparison.Ordinal) && name.Length > Vectors.Length => VectorSimilarity.Load(name[Vectors.Length..]),
        _ => throw new LabException($"There is no similarity \"{name}\". Known: spacy-sm, exact, vectors:FILE (GloVe text, such as vectors:glove.6B.50d.txt)."),
    };
}
