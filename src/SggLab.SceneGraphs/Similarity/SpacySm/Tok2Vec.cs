using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>
/// The tok2vec network of en_core_web_sm: six hashed embeddings of each token, mixed to 96 numbers, then four residual layers that see one
/// neighbour on each side. Four rows of zeros before and after the tokens take part in the layers, as spaCy pads them.
/// </summary>
internal sealed class Tok2Vec(WeightFile weights, TokenizerRules rules)
{
    private const int Width = MaxoutLayer.Width;
    private const int Layers = 4;

    private readonly EmbeddingTable _norm = new(weights, rules, "norm");
    private readonly EmbeddingTable _prefix = new(weights, rules, "prefix");
    private readonly EmbeddingTable _suffix = new(weights, rules, "suffix");
    private readonly EmbeddingTable _shape = new(weights, rules, "shape");
    private readonly EmbeddingTable _spacy = new(weights, rules, "spacy");
    private readonly EmbeddingTable _isSpace = new(weights, rules, "is_space");
    private readonly MaxoutLayer _mixer = new(weights, "mixer");
    private readonly MaxoutLayer[] _encoder = [.. Enumerable.Range(0, Layers).Select(i => new MaxoutLayer(weights, $"encoder.{i}"))];

    /// <summary>The mean of the tokens' vectors; zeros for no token.</summary>
    public float[] MeanOf(List<SpacyToken> tokens)
    {
        var mean = new float[Width];
        if (tokens.Count == 0) return mean;
        var rows = Encode(tokens);
        for (var row = 0; row < tokens.Count; row++)
            for (var i = 0; i < Width; i++) mean[i] += rows[(row + Layers) * Width + i];
        for (var i = 0; i < Width; i++) mean[i] /= tokens.Count;
        return mean;
    }

    private float[] Encode(List<SpacyToken> tokens)
    {
        var count = tokens.Count + 2 * Layers;
        var rows = new float[count * Width];
        for (var i = 0; i < tokens.Count; i++) Embed(tokens[i], rows.AsSpan((i + Layers) * Width, Width));
        for (var layer = 0; layer < Layers; layer++)
        {
            // A layer sees one neighbour: of the padding only what the layers above will still look at is worked out.
            var margin = Layers - 1 - layer;
            rows = ApplyLayer(_encoder[layer], rows, Layers - margin, Layers + tokens.Count + margin);
        }
        return rows;
    }

    private static float[] ApplyLayer(MaxoutLayer layer, float[] rows, int first, int end)
    {
        var next = new float[rows.Length];
        for (var row = first; row < end; row++)
        {
            var output = next.AsSpan(row * Width, Width);
            layer.Apply(rows.AsSpan((row - 1) * Width, 3 * Width), output);
            for (var i = 0; i < Width; i++) output[i] += rows[row * Width + i];
        }
        return next;
    }

    private void Embed(SpacyToken token, Span<float> row)
    {
        Span<float> concatenated = stackalloc float[6 * Width];
        _norm.Add(token.Norm, concatenated);
        _prefix.Add(WordFeatures.Prefix(token.Text), concatenated[Width..]);
        _suffix.Add(WordFeatures.Suffix(token.Text), concatenated[(2 * Width)..]);
        _shape.Add(WordFeatures.Shape(token.Text), concatenated[(3 * Width)..]);
        _spacy.Add(token.SpaceAfter, concatenated[(4 * Width)..]);
        _isSpace.Add(PythonText.IsSpace(token.Text[0]), concatenated[(5 * Width)..]);
        _mixer.Apply(concatenated, row);
    }
}
