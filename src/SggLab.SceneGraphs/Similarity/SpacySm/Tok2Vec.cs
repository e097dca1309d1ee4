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
        var rows = new float[(tokens.Count + 2 * Layers) * Width];
        Embed(tokens, rows.AsSpan(Layers * Width, tokens.Count * Width));
        for (var layer = 0; layer < Layers; layer++)
        {
            // A layer sees one neighbour: of the padding only what the layers above will still look at is worked out.
            var margin = Layers - 1 - layer;
            rows = ApplyLayer(_encoder[layer], rows, Layers - margin, tokens.Count + 2 * margin);
        }
        return rows;
    }

    private static float[] ApplyLayer(MaxoutLayer layer, float[] rows, int first, int count)
    {
        var next = new float[rows.Length];
        var output = next.AsSpan(first * Width, count * Width);
        layer.Apply(rows.AsSpan((first - 1) * Width), Width, output);
        for (var i = 0; i < output.Length; i++) output[i] += rows[first * Width + i];
        return next;
    }

    private void Embed(List<SpacyToken> tokens, Span<float> rows)
    {
        const int all = 6 * Width;
        var concatenated = new float[tokens.Count * all];
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var row = concatenated.AsSpan(i * all, all);
            _norm.Add(token.Norm, row);
            _prefix.Add(WordFeatures.Prefix(token.Text), row[Width..]);
            _suffix.Add(WordFeatures.Suffix(token.Text), row[(2 * Width)..]);
            _shape.Add(WordFeatures.Shape(token.Text), row[(3 * Width)..]);
            _spacy.Add(token.SpaceAfter, row[(4 * Width)..]);
            _isSpace.Add(PythonText.IsSpace(token.Text[0]), row[(5 * Width)..]);
        }
        _mixer.Apply(concatenated, all, rows);
    }
}
