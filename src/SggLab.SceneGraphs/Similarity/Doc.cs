namespace SggLab.SceneGraphs.Similarity;

/// <summary>A text as spaCy's <c>Doc</c>: its tokens and one vector for the whole.</summary>
internal sealed class Doc
{
    private readonly string[] _tokens;
    private readonly float[] _vector;
    private readonly double _norm;

    public Doc(string[] tokens, float[] vector)
    {
        _tokens = tokens;
        _vector = vector;
        var squares = 0.0;
        foreach (var x in vector) squares += (double)x * x;
        _norm = Math.Sqrt(squares);
    }

    /// <summary><c>Doc.similarity</c>: 1 for equal tokens (also for two empty texts), 0 where a vector has no length, else the cosine.</summary>
    public static double Similarity(Doc a, Doc b)
    {
        if (a._tokens.AsSpan().SequenceEqual(b._tokens)) return 1;
        if (a._norm == 0 || b._norm == 0) return 0;
        var dot = 0.0;
        for (var i = 0; i < a._vector.Length; i++) dot += (double)a._vector[i] * b._vector[i];
        return dot / (a._norm * b._norm);
    }
}
