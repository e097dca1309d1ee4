namespace SggLab.SceneGraphs.Similarity;

/// <summary>1 for equal names, 0 for others.</summary>
public sealed class ExactSimilarity : ICategorySimilarity
{
    public string Name => "exact";

    public bool TryCompare(string a, string b, out double similarity)
    {
        similarity = string.Equals(a, b, StringComparison.Ordinal) ? 1 : 0;
        return true;
    }
}
