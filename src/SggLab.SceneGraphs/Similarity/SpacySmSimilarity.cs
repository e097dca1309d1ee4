using SggLab.SceneGraphs.Similarity.SpacySm;

namespace SggLab.SceneGraphs.Similarity;

/// <summary>
/// The reference's similarity: spaCy's <c>Doc.similarity</c> with en_core_web_sm 3.8. That model has no word vectors, so the figure tells more of
/// spelling than of meaning: man and dog are at .81, on and above at .66.
/// </summary>
public sealed class SpacySmSimilarity : DocSimilarity
{
    /// <summary>What lies beyond is not read: names are a few words, and the time grows with the length.</summary>
    public const int MaxLength = 10_000;

    private static readonly Lazy<SpacySmSimilarity> SharedInstance = new(() => new SpacySmSimilarity());

    private readonly SpacyTokenizer _tokenizer;
    private readonly Tok2Vec _network;

    private SpacySmSimilarity()
        : base("spacy-sm")
    {
        var rules = TokenizerRules.Load(Resource("tokenizer.json"));
        _tokenizer = new SpacyTokenizer(rules);
        _network = new Tok2Vec(WeightFile.Load(Resource("tok2vec.safetensors")), rules);
    }

    /// <summary>The one instance: 6 MB of weights and the vectors of all names seen.</summary>
    public static SpacySmSimilarity Shared => SharedInstance.Value;

    internal List<SpacyToken> Tokenize(string text) => _tokenizer.Tokenize(text);

    internal float[] VectorOf(string text) => _network.MeanOf(_tokenizer.Tokenize(text));

    // A text that is no Unicode: spaCy raises when it encodes one as UTF-8.
    private protected override Doc? Make(string text)
    {
        text = Start(text, MaxLength);
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return null;
            i++;
        }
        var tokens = _tokenizer.Tokenize(text);
        return new Doc([.. tokens.Select(t => t.Text)], _network.MeanOf(tokens));
    }

    private static Stream Resource(string name) =>
        typeof(SpacySmSimilarity).Assembly.GetManifestResourceStream($"spacy-sm/{name}")
        ?? throw new InvalidOperationException($"The assembly lacks its resource spacy-sm/{name}.");
}
