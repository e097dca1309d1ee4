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
            var (text, ids, decoded, plain) = (line.Text("text"), Ids(line), line.Text("decoded"), line.Text("decoded_skip_special"));
            line.AllCompared();
            var same = tokenizer.Encode(text).AsSpan().SequenceEqual(ids) && tokenizer.Decode(ids) == decoded && tokenizer.Decode(ids, skipSpecial: true) == plain;
            wrong += same ? 0 : 1;
        }
        if (lines > 0)
            yield return ParityItem.Exact($"tokenizer/encode.jsonl by {tokenizerFile}, lines that differ of {lines}", wrong);
    }

    public IEnumerable<ParityItem> Decodings()
    {
        var n = 0;
        foreach (var line in Lines("decode.jsonl"))
        {
            var (ids, decoded, plain) = (Ids(line), line.Text("decoded"), line.Text("decoded_skip_special"));
            line.AllCompared();
            var streaming = new StreamingText(_tokenizer, skipSpecial: false);
            var streamed = string.Concat(ids.Select(streaming.Add)) + streaming.Finish();
            var same = _tokenizer.Decode(ids) == decoded && _tokenizer.Decode(ids, skipSpecial: true) == plain && streamed == decoded;
            yield return ParityItem.Exact($"tokenizer/decode.jsonl:{++n}", same);
        }
    }

    public IEnumerable<ParityItem> Chats()
    {
        if (ChatTemplate.OfGolden(folder) is not { } template)
        {
            yield return ParityItem.NotCompared("tokenizer/chat.jsonl", ChatTemplate.NotKnown);
            yield break;
        }
        var n = 0;
        foreach (var line in Lines("chat.jsonl"))
        {
            var messages = line.Value("messages", "a list of messages with role and content", ChatMessages.Of);
            var rendered = template.Render(messages, line.Flag("add_generation_prompt", false), line.Flag("add_vision_id", false));
            line.Ignore("add_generation_prompt", "add_vision_id");
            var same = rendered == line.Text("rendered") && _tokenizer.Encode(rendered).AsSpan().SequenceEqual(Ids(line));
            line.AllCompared();
            yield return ParityItem.Exact($"tokenizer/chat.jsonl:{++n}", same);
        }
    }

    /// <summary>Ids of the special tokens, and texts padded on the left.</summary>
    public IEnumerable<ParityItem> Info()
    {
        var info = GoldenFile.Read(Path.Combine(folder, "info.json"));
        var specials = info.Object("special_ids");
        yield return ParityItem.Exact("tokenizer/info.json/special_ids", specials.Keys.ToList().Count(s => !_tokenizer.Specials.TryGetValue(s, out var id) || id != specials.Int(s)));
        yield return ParityItem.Exact("tokenizer/info.json/vocab_size_with_added", info.Int("vocab_size_with_added") == _tokenizer.VocabularySize);
        yield return ParityItem.Exact("tokenizer/info.json/regex", info.Text("regex") == PreTokenizer.Pattern);
        var padding = info.Text("pad_token");
        yield return ParityItem.Exact("tokenizer/info.json/pad_token and eos_token", new[] { padding, info.Text("eos_token", padding) }.Count(t => !_tokenizer.Specials.ContainsKey(t)));
        yield return ParityItem.Exact("tokenizer/info.json/padding_example", DifferentPadding(info.Object("padding_example"), padding));
        foreach (var note in info.NotCompared("tokenizer/info.json", ("versions", "the libraries that wrote the folder")))
            yield return note;
        info.AllCompared();
    }

    private int DifferentPadding(ConfigObject example, string padding)
    {
        example.Only("side", "left");
        var texts = example.Texts("texts");
        int[][] ids = Rows("input_ids"), masks = Rows("attention_mask");
        example.AllCompared();
        var different = Math.Abs(ids.Length - texts.Length) + Math.Abs(masks.Length - texts.Length);
        for (var b = 0; b < Math.Min(texts.Length, Math.Min(ids.Length, masks.Length)); b++)
        {
            var ours = _tokenizer.Encode(texts[b]);
            var pads = Math.Max(0, ids[b].Length - ours.Length);
            different += ids[b].AsSpan().SequenceEqual((int[])[.. Enumerable.Repeat(_tokenizer.IdOf(padding), pads), .. ours]) ? 0 : 1;
            different += masks[b].AsSpan().SequenceEqual((int[])[.. Enumerable.Repeat(0, pads), .. Enumerable.Repeat(1, ours.Length)]) ? 0 : 1;
        }
        return different;

        int[][] Rows(string key) => example.Value(key, "rows of whole numbers", e => e.EnumerateArray().Select(row => row.EnumerateArray().Select(i => i.GetInt32()).ToArray()).ToArray());
    }

    private static int[] Ids(ConfigObject line) => line.Ints("ids");

    private IEnumerable<ConfigObject> Lines(string file) => GoldenFile.Lines(Path.Combine(folder, file));
}
