using System.Text;
using System.Text.RegularExpressions;

namespace SggLab.Training.Demo;

/// <summary>A learnt byte-level BPE vocabulary, in the alphabet of tokenizer.json (GPT-2's printable stand-ins for bytes).</summary>
/// <param name="Tokens">Token texts; the id is the index. The 256 byte stand-ins come first, then one a merge.</param>
/// <param name="Merges">Pairs in the order they were learnt.</param>
public sealed record BytePairVocabulary(IReadOnlyList<string> Tokens, IReadOnlyList<(string Left, string Right)> Merges);

/// <summary>Learns a byte-level BPE as Hugging Face's BpeTrainer does: most frequent pair first, ties by the smaller pair of ids.</summary>
public static class BytePairTrainer
{
    /// <param name="texts">Texts to learn from.</param>
    /// <param name="splitter">Cuts a text into the pieces inside which merges may happen (Qwen2's regex).</param>
    /// <param name="vocabularySize">Tokens wanted; fewer come out where the texts hold no pair that occurs twice.</param>
    public static BytePairVocabulary Train(IEnumerable<string> texts, Regex splitter, int vocabularySize)
    {
        var alphabet = ByteAlphabet();
        // The stand-ins in code point order, which is how trained tokenizers number them.
        var tokens = alphabet.Order().Select(c => c.ToString()).ToList();
        var ids = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id, StringComparer.Ordinal);
        var words = CountPieces(texts, splitter).Select(pair =>
            new Word([.. Encoding.UTF8.GetBytes(pair.Key).Select(b => ids[alphabet[b].ToString()])], pair.Value)).ToList();
        var merges = new List<(string, string)>();
        while (tokens.Count < vocabularySize && MostFrequentPair(words) is { } pair)
        {
            merges.Add((tokens[pair.Left], tokens[pair.Right]));
            var merged = tokens[pair.Left] + tokens[pair.Right];
            if (ids.TryAdd(merged, tokens.Count))
                tokens.Add(merged);
            foreach (var word in words)
                word.Merge(pair.Left, pair.Right, ids[merged]);
        }
        return new BytePairVocabulary(tokens, merges);
    }

    /// <summary>The printable character that stands for each byte: itself where it prints, else U+0100 and up.</summary>
    public static char[] ByteAlphabet()
    {
        var alphabet = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
            alphabet[b] = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE ? (char)b : (char)next++;
        return alphabet;
    }

    private static SortedDictionary<string, long> CountPieces(IEnumerable<string> texts, Regex splitter)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in texts)
            foreach (Match piece in splitter.Matches(text))
                counts[piece.Value] = counts.GetValueOrDefault(piece.Value) + 1;
        return counts;
    }

    private static (int Left, int Right)? MostFrequentPair(List<Word> words)
    {
        var counts = new Dictionary<(int, int), long>();
        foreach (var word in words)
            for (var i = 0; i + 1 < word.Ids.Count; i++)
                counts[(word.Ids[i], word.Ids[i + 1])] = counts.GetValueOrDefault((word.Ids[i], word.Ids[i + 1])) + word.Count;
        var best = counts.Where(pair => pair.Value > 1).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Select(pair => ((int, int)?)pair.Key).FirstOrDefault();
        return best;
    }

    private sealed class Word(List<int> ids, long count)
    {
        public List<int> Ids { get; } = ids;
        public long Count { get; } = count;

        public void Merge(int left, int right, int merged)
        {
            for (var i = 0; i + 1 < Ids.Count; i++)
            {
                if (Ids[i] != left || Ids[i + 1] != right)
                    continue;
                Ids[i] = merged;
                Ids.RemoveAt(i + 1);
            }
        }
    }
}
