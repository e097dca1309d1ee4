using System.Numerics;
using System.Runtime.InteropServices;

namespace SggLab.SceneGraphs.Similarity;

/// <summary>A text as spaCy's <c>Doc</c>: its tokens and one vector for the whole.</summary>
internal sealed class Doc
{
    private readonly string[] _tokens;
    private readonly int _tokensHash;

    // Of length 1; empty where the vector has no length.
    private readonly double[] _direction;

    public Doc(string[] tokens, float[] vector)
    {
        _tokens = tokens;
        var hash = new HashCode();
        foreach (var token in tokens) hash.Add(token, StringComparer.Ordinal);
        _tokensHash = hash.ToHashCode();
        var squares = 0.0;
        foreach (var x in vector) squares += (double)x * x;
        var norm = Math.Sqrt(squares);
        _direction = norm == 0 ? [] : Array.ConvertAll(vector, x => x / norm);
    }

    /// <summary><c>Doc.similarity</c>: 1 for equal tokens (also for two empty texts), 0 where a vector has no length, else the cosine.</summary>
    public static double Similarity(Doc a, Doc b)
    {
        if (ReferenceEquals(a, b)) return 1;
        if (a._tokensHash == b._tokensHash && a._tokens.AsSpan().SequenceEqual(b._tokens)) return 1;
        if (a._direction.Length == 0 || b._direction.Length == 0) return 0;
        return Dot(a._direction, b._direction);
    }

    private static double Dot(double[] a, double[] b)
    {
        var va = MemoryMarshal.Cast<double, Vector<double>>(a);
        var vb = MemoryMarshal.Cast<double, Vector<double>>(b);
        var (even, odd) = (Vector<double>.Zero, Vector<double>.Zero);
        var i = 0;
        for (; i + 1 < va.Length; i += 2)
        {
            even += va[i] * vb[i];
            odd += va[i + 1] * vb[i + 1];
        }
        if (i < va.Length) even += va[i] * vb[i];
        var dot = Vector.Sum(even + odd);
        for (i = va.Length * Vector<double>.Count; i < a.Length; i++) dot += a[i] * b[i];
        return dot;
    }
}
