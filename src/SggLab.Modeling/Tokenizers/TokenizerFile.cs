using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Reads tokenizer.json; merges may be strings ("a b", as published) or pairs (newer writers).</summary>
internal static class TokenizerFile
{
    public static Tokenizer Parse(byte[] json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement, path);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new LabException($"{path} is not the tokenizer.json of a byte-level BPE tokenizer: {e.Message}");
        }
    }

    private static Tokenizer Read(JsonElement root, string path)
    {
        CheckKind(root, path);
        var model = root.GetProperty("model");
        var vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32(), StringComparer.Ordinal);
        var (added, special) = (new Dictionary<string, int>(StringComparer.Ordinal), new List<int>());
        foreach (var token in root.GetProperty("added_tokens").EnumerateArray())
        {
            foreach (var flag in new[] { "single_word", "lstrip", "rstrip", "normalized" })
            {
                if (token.TryGetProperty(flag, out var set) && set.ValueKind == JsonValueKind.True)
                    throw new LabException($"{path}: the added token {token.GetProperty("content").GetString()} has {flag} set, which is not supported.");
            }
            var (content, id) = (token.GetProperty("content").GetString()!, token.GetProperty("id").GetInt32());
            if (content.Length == 0)
                throw new LabException($"{path}: the added token {id} is empty.");
            added[content] = id;
            if (token.GetProperty("special").GetBoolean())
                special.Add(id);
        }
        var highest = vocabulary.Values.Concat(added.Values).DefaultIfEmpty(-1).Max();
        if (highest is < 0 or > 10_000_000 || vocabulary.Values.Concat(added.Values).Any(id => id < 0))
            throw new LabException($"{path}: token ids must lie between 0 and 10,000,000; the highest is {highest}.");
        var bytes = new byte[]?[highest + 1];
        var holders = new Dictionary<int, string>();
        foreach (var (token, id) in vocabulary.Concat(added))
        {
            if (!holders.TryAdd(id, token) && holders[id] != token)
                throw new LabException($"{path}: the tokens {holders[id]} and {token} share the id {id} in the vocabulary.");
            bytes[id] = ByteAlphabet.BytesOf(token);
        }
        return new Tokenizer(bytes, Merges(model.GetProperty("merges"), vocabulary, path), Bytes(vocabulary, path), new SpecialTokens(added, special));
    }

    private static void CheckKind(JsonElement root, string path)
    {
        var model = root.GetProperty("model");
        var kind = model.TryGetProperty("type", out var type) ? type.GetString() : null;
        if (kind is not (null or "BPE"))
            throw new LabException($"{path}: the model is {kind}; a byte-level BPE is wanted, as the Qwen2 family has.");
        if (model.TryGetProperty("ignore_merges", out var ignore) && ignore.ValueKind == JsonValueKind.True)
            throw new LabException($"{path}: ignore_merges is true, which is not supported.");
        if (root.GetProperty("normalizer") is not { ValueKind: JsonValueKind.Object } normalizer || normalizer.GetProperty("type").GetString() != "NFC")
            throw new LabException($"{path}: the normalizer is not NFC, as the Qwen2 family has.");
        var steps = root.GetProperty("pre_tokenizer").GetProperty("pretokenizers").EnumerateArray().ToList();
        if (steps.Count == 0)
            throw new LabException($"{path}: pre_tokenizer.pretokenizers is empty; wanted are a split by a pattern and a ByteLevel step.");
        var pattern = steps[0].GetProperty("pattern").GetProperty("Regex").GetString();
        if (steps.Count != 2 || pattern != PreTokenizer.Pattern)
            throw new LabException($"{path}: the pre-tokenizer is another than the Qwen2 family's (it splits by {pattern}).");
        if (steps[1].GetProperty("type").GetString() != "ByteLevel" || steps[1].GetProperty("add_prefix_space").GetBoolean())
            throw new LabException($"{path}: the pre-tokenizer does not end with a ByteLevel step without a prefix space.");
    }

    private static Dictionary<(int, int), (int, int)> Merges(JsonElement merges, Dictionary<string, int> vocabulary, string path)
    {
        var ranks = new Dictionary<(int, int), (int, int)>();
        var rank = 0;
        foreach (var merge in merges.EnumerateArray())
        {
            string left, right;
            if (merge.ValueKind == JsonValueKind.String)
            {
                var text = merge.GetString()!;
                var space = text.IndexOf(' ', StringComparison.Ordinal);
                (left, right) = space > 0 ? (text[..space], text[(space + 1)..]) : ("", text);
            }
            else if (merge.GetArrayLength() != 2)
            {
                throw new LabException($"{path}: model.merges[{rank}] is {merge.GetRawText()}; wanted are two tokens.");
            }
            else
            {
                (left, right) = (merge[0].GetString()!, merge[1].GetString()!);
            }
            if (!vocabulary.TryGetValue(left, out var l) || !vocabulary.TryGetValue(right, out var r) || !vocabulary.TryGetValue(left + right, out var merged))
                throw new LabException($"{path}: merge {rank} joins \"{left}\" and \"{right}\", which are not both, with their union, in the vocabulary.");
            ranks.TryAdd((l, r), (rank++, merged));
        }
        return ranks;
    }

    private static int[] Bytes(Dictionary<string, int> vocabulary, string path)
    {
        var ids = new int[256];
        for (var b = 0; b < 256; b++)
        {
            if (!vocabulary.TryGetValue(ByteAlphabet.Of((byte)b).ToString(), out ids[b]))
                throw new LabException($"{path}: the vocabulary lacks byte {b} ({ByteAlphabet.Of((byte)b)}); a byte-level vocabulary has all 256.");
        }
        return ids;
    }
}
