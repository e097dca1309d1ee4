using System.Runtime.InteropServices;
using System.Text;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>
/// The byte-level BPE tokenizer of the Qwen2 family, read from tokenizer.json. Special tokens are cut out first, the rest
/// is normalised (NFC), cut into pieces, and the bytes of each piece are merged pair by pair.
/// </summary>
public sealed class Tokenizer
{
    /// <summary>Pieces longer than this are merged without being remembered.</summary>
    private const int LongestRemembered = 64;
    private const int MostRemembered = 200_000;

    private readonly byte[]?[] _bytesById;
    private readonly Dictionary<(int, int), (int Rank, int Merged)> _merges;
    private readonly int[] _idOfByte;
    private readonly SpecialTokens _specials;
    private readonly Dictionary<string, int[]> _remembered = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    internal Tokenizer(byte[]?[] bytesById, Dictionary<(int, int), (int Rank, int Merged)> merges, int[] idOfByte, SpecialTokens specials)
    {
        _bytesById = bytesById;
        _merges = merges;
        _idOfByte = idOfByte;
        _specials = specials;
    }

    /// <param name="folder">A model folder with tokenizer.json.</param>
    /// <exception cref="LabException">The file is missing, damaged, or another kind of tokenizer.</exception>
    public static Tokenizer Load(string folder)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(path))
            throw new LabException($"{path} is missing: {folder} has no tokenizer.");
        return TokenizerFile.Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>One more than the highest id.</summary>
    public int VocabularySize => _bytesById.Length;

    /// <summary>The special tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> Specials => _specials.Ids;

    /// <summary>The id of a special token.</summary>
    /// <exception cref="LabException">The tokenizer has no such token.</exception>
    public int IdOf(string special) =>
        _specials.Ids.TryGetValue(special, out var id) ? id : throw new LabException($"The tokenizer has no special token {special}; a Qwen-VL model needs it. Take tokenizer.json from the model's own folder.");

    /// <summary>Token ids of a text. Special tokens written in it become their ids. Lone surrogates become U+FFFD.</summary>
    public int[] Encode(string text)
    {
        var ids = new List<int>(text.Length / 3 + 4);
        foreach (var (part, special) in _specials.Split(text))
        {
            if (special >= 0)
                ids.Add(special);
            else
                EncodePlain(text[part], ids);
        }
        return [.. ids];
    }

    private void EncodePlain(string text, List<int> ids)
    {
        var normal = Normalised(text);
        var rest = normal.AsSpan();
        lock (_lock)
        {
            var lookup = _remembered.GetAlternateLookup<ReadOnlySpan<char>>();
            while (rest.Length > 0)
            {
                var length = PreTokenizer.Next(rest);
                var piece = rest[..length];
                rest = rest[length..];
                if (!lookup.TryGetValue(piece, out var known))
                {
                    known = Merge(piece);
                    if (piece.Length <= LongestRemembered && _remembered.Count < MostRemembered)
                        lookup[piece] = known;
                }
                ids.AddRange(known);
            }
        }
    }

    private static string Normalised(string text)
    {
        if (Ascii.IsValid(text))
            return text;
        try
        {
            return text.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            // Half of a surrogate pair has no UTF-8.
            return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Normalize(NormalizationForm.FormC);
        }
    }

    /// <summary>Merges the pair of lowest rank, leftmost first, until none is left.</summary>
    private int[] Merge(ReadOnlySpan<char> piece)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(piece.Length)];
        var count = Encoding.UTF8.GetBytes(piece, bytes);
        var symbols = new int[count];
        for (var i = 0; i < count; i++)
            symbols[i] = _idOfByte[bytes[i]];
        return count <= 32 ? MergeShort(symbols) : PairMerger.Merge(symbols, _merges);
    }

    private int[] MergeShort(int[] symbols)
    {
        var count = symbols.Length;
        while (count > 1)
        {
            var (best, at, merged) = (int.MaxValue, -1, 0);
            for (var i = 0; i + 1 < count; i++)
            {
                if (_merges.TryGetValue((symbols[i], symbols[i + 1]), out var merge) && merge.Rank < best)
                    (best, at, merged) = (merge.Rank, i, merge.Merged);
            }
            if (at < 0)
                break;
            symbols[at] = merged;
            symbols.AsSpan(at + 2, count - at - 2).CopyTo(symbols.AsSpan(at + 1));
            count--;
        }
        return symbols[..count];
    }

    /// <summary>The text of ids. Bytes that are no UTF-8 become U+FFFD; ids without a token give nothing.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        var bytes = new List<byte>(ids.Length * 4);
        foreach (var id in ids)
            bytes.AddRange(BytesOf(id, skipSpecial));
        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(bytes));
    }

    internal ReadOnlySpan<byte> BytesOf(int id, bool skipSpecial) =>
        (uint)id >= (uint)_bytesById.Length || (skipSpecial && _specials.IsSpecial(id)) ? [] : _bytesById[id];
}
