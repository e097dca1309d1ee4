using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Similarity;

/// <summary>
/// Cosine of the mean word vectors of two names, with the rules of spaCy's <c>Doc.similarity</c>: a word without a vector counts as zeros,
/// equal words give 1, a vector without length gives 0.
/// </summary>
public sealed class VectorSimilarity(WordVectors vectors, string name) : DocSimilarity(name)
{
    public static VectorSimilarity Load(string path) => new(WordVectors.Load(path), $"vectors:{path}");

    private protected override Doc Make(string text)
    {
        var tokens = PythonText.Split(text);
        // The sum has the direction of the mean.
        var sum = new float[vectors.Dimensions];
        foreach (var token in tokens)
        {
            if (vectors.Find(token) is not { } vector) continue;
            for (var i = 0; i < sum.Length; i++) sum[i] += vector[i];
        }
        return new Doc(tokens, sum);
    }
}
