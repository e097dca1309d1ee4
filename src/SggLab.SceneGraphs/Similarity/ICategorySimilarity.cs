namespace SggLab.SceneGraphs.Similarity;

/// <summary>How alike two names are, as a cosine: 1 the same, 0 unrelated. Thread-safe.</summary>
public interface ICategorySimilarity
{
    /// <summary>What a spec calls it: <c>spacy-sm</c>, <c>exact</c>, <c>vectors:FILE</c>.</summary>
    string Name { get; }

    /// <param name="similarity">The cosine, symmetric in the two names.</param>
    /// <returns>False where the reference raises (a name with half a surrogate pair); its rewards are then 0.</returns>
    bool TryCompare(string a, string b, out double similarity);
}
