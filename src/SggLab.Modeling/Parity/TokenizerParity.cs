using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Compares tokenizer and chat template with golden/qwen/tokenizer.</summary>
internal sealed class TokenizerParity(string folder)
{
    private readonly Tokenizer _tokenizer = Tokenizer.Load(folder);

    public IEnumerable<ParityItem> Encodings(string tokenizerFile = "tokenizer.json")
    {
        var path = Path.Combine(folder, tokenizerFile);
        var tokenizer = TokenizerFile.Parse(File.ReadAllBytes(path), path);
        var (lines, wrong) = (0, 0);
        foreach (var line in Lines("encode.jsonl"))
        {
            lines++;
            var (text, ids) = (TextOf(line, "text"), Ids(line));
            var same = tokenizer.Encode(text).AsSpan().SequenceEqual(ids) && tokenizer.Decode(ids) == TextOf(line, "decoded") && tokenizer.Decode(ids, skipSpecial: true) == TextOf(line, "decoded_skip_special");
            wrong += same ? 0 : 1;
        }
        yield return ParityItem.Exact($"tokenizer/encode.jsonl by {tokenizerFile}, lines that differ of {lines}", wrong);
    }

    public IEnumerable<ParityItem> Decodings()
    {
        var n = 0;
        foreach (var line in Lines("decode.jsonl"))
        {
            var ids = Ids(line);
            var streaming = new StreamingText(_tokenizer, skipSpecial: false);
            var streamed = string.Concat(ids.Select(streaming.Add)) + streaming.Finish();
            var same = _tokenizer.Decode(ids) == TextOf(line, "decoded") && _tokenizer.Decode(ids, skipSpecial: true) == TextOf(line, "decoded_skip_special") && streamed == TextOf(line, "decoded");
            yield return ParityItem.Exact($"tokenizer/decode.jsonl:{++n}", same ? 0 : 1);
        }
    }

    public IEnumerable<ParityItem> Chats()
    {
        var (n, template) = (0, new ChatTemplate());
        foreach (var line in Lines("chat.jsonl"))
        {
            var rendered = template.Render(Messages(line.GetProperty("messages")), line.GetProperty("add_generation_prompt").GetBoolean(), line.GetProperty("add_vision_id").GetBoolean());
            var same = rendered == TextOf(line, "rendered") && _tokenizer.Encode(rendered).AsSpan().SequenceEqual(Ids(line));
            yield return ParityItem.Exact($"tokenizer/chat.jsonl:{++n}", same ? 0 : 1);
        }
    }

    /// <summary>Ids of the special tokens, and texts padded on the left.</summary>
    public IEnumerable<ParityItem> Info()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "info.json")));
        var info = document.RootElement;
        var specials = info.GetProperty("special_ids").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32(), StringComparer.Ordinal);
        yield return ParityItem.Exact("tokenizer/info.json/special_ids", specials.Count(s => !_tokenizer.Specials.TryGetValue(s.Key, out var id) || id != s.Value));
        yield return ParityItem.Exact("tokenizer/info.json/vocab_size_with_added", info.GetProperty("vocab_size_with_added").GetInt32() == _tokenizer.VocabularySize ? 0 : 1);
        yield return ParityItem.Exact("tokenizer/info.json/regex", info.GetProperty("regex").GetString() == PreTokenizer.Pattern ? 0 : 1);
        var example = info.GetProperty("padding_example");
        var wrong = 0;
        foreach (var (text, b) in example.GetProperty("texts").EnumerateArray().Select((t, b) => (t.GetString()!, b)))
        {
            var row = example.GetProperty("input_ids")[b].EnumerateArray().Select(i => i.GetInt32()).ToArray();
            var ids = _tokenizer.Encode(text);
            var padding = Enumerable.Repeat(_tokenizer.IdOf(info.GetProperty("pad_token").GetString()!), row.Length - ids.Length);
            wrong += row.AsSpan().SequenceEqual((int[])[.. padding, .. ids]) ? 0 : 1;
        }
        yield return ParityItem.Exact("tokenizer/info.json/padding_example", wrong);
    }

    /// <summary>vocab.json repeats the vocabulary of tokenizer.json.</summary>
    public IEnumerable<ParityItem> Vocabulary()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "vocab.json")));
        var wrong = document.RootElement.EnumerateObject().Count(p => !_tokenizer.BytesOf(p.Value.GetInt32(), skipSpecial: false).SequenceEqual(ByteAlphabet.BytesOf(p.Name)));
        yield return ParityItem.Exact("tokenizer/vocab.json", wrong);
    }

    /// <summary>merges.txt repeats the merges of tokenizer.json, in their order.</summary>
    public IEnumerable<ParityItem> MergeList()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
        var merges = document.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray()
            .Select(m => m.ValueKind == JsonValueKind.String ? m.GetString()! : $"{m[0].GetString()} {m[1].GetString()}").ToList();
        var listed = File.ReadLines(Path.Combine(folder, "merges.txt")).Where(l => l.Length > 0 && !l.StartsWith("#version", StringComparison.Ordinal)).ToList();
        yield return ParityItem.Exact("tokenizer/merges.txt", listed.SequenceEqual(merges, StringComparer.Ordinal) ? 0 : 1);
    }

    internal static List<ChatMessage> Messages(JsonElement messages) => [.. messages.EnumerateArray().Select(m =>
    {
        var (role, content) = (m.GetProperty("role").GetString()!, m.GetProperty("content"));
        return content.ValueKind == JsonValueKind.String ? new ChatMessage(role, TextOf(m, "content")) : new ChatMessage(role, [.. content.EnumerateArray().Select(Part)]);
    })];

    private static ChatPart Part(JsonElement part)
    {
        var type = part.TryGetProperty("type", out var value) ? value.GetString() : null;
        if (type == "image" || part.TryGetProperty("image", out _) || part.TryGetProperty("image_url", out _))
            return new ChatPart.Image(null);
        if (type == "video" || part.TryGetProperty("video", out _))
            return new ChatPart.Video();
        return part.TryGetProperty("text", out _) ? new ChatPart.Text(TextOf(part, "text")) : throw new LabException($"A message part of type {type} is not known.");
    }

    private static string TextOf(JsonElement line, string key) => line.GetProperty(key).GetString()!;

    private static int[] Ids(JsonElement line) => [.. line.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())];

    private IEnumerable<JsonElement> Lines(string file) =>
        File.ReadLines(Path.Combine(folder, file)).Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement);
}
