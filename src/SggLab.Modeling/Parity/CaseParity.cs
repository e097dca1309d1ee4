using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Compares what goes into a case: conversation to text, text to ids, image pads expanded, padding.</summary>
internal sealed class CaseParity(GoldenCases golden, ModelConfig config)
{
    private readonly Lazy<Tokenizer?> _tokenizer = new(() => File.Exists(Path.Combine(golden.Folder, "tokenizer.json")) ? Tokenizer.Load(golden.Folder) : null);

    /// <summary>What golden.json says about its cases, without the tensors.</summary>
    public IEnumerable<ParityItem> Texts()
    {
        foreach (var item in golden.NotCompared)
            yield return item;
        var template = ChatTemplate.OfGolden(golden.Folder);
        foreach (var one in golden.All)
        {
            var name = $"{golden.Name}/golden.json/cases/{one.Name}";
            if (one is { Texts: { } texts, Messages: { } messages })
                yield return template is null ? ParityItem.NotCompared($"{name}/texts", ChatTemplate.NotKnown) : ParityItem.Exact($"{name}/texts", Differing(template, texts, messages));
            else if (one.Messages is not null)
                yield return ParityItem.NotCompared($"{name}/messages", "the case has no texts to render them to");
            if (!File.Exists(golden.ForwardFile(one.Name)))
                yield return ParityItem.NotCompared(name, $"there is no forward_{one.Name}.safetensors");
        }
    }

    /// <summary>A last turn of the assistant is rendered as it is; else the assistant's turn is opened.</summary>
    private static int Differing(ChatTemplate template, string[] texts, List<ChatMessage>[] messages)
    {
        var rendered = messages.Select(m => template.Render(m, addGenerationPrompt: m.Count == 0 || m[^1].Role != "assistant")).ToArray();
        return Math.Abs(texts.Length - rendered.Length) + texts.Zip(rendered).Count(p => p.First != p.Second);
    }

    /// <summary>The tensors that went in.</summary>
    public IEnumerable<ParityItem> Inputs(GoldenCase one, SafetensorsFile reference, ModelBatch batch, IReadOnlyList<ProcessedImage> images)
    {
        using var scope = NewDisposeScope();
        var ids_BT = reference.Read("input_ids");
        var mask_BT = reference.Entries.ContainsKey("attention_mask") ? reference.Read("attention_mask") : ones_like(ids_BT);
        if (one.Texts is { } texts && _tokenizer.Value is { } tokenizer)
            yield return ParityItem.Exact("input_ids", DifferentRows(tokenizer, texts, images, ids_BT, mask_BT));
        else
            yield return ParityItem.NotCompared("input_ids", one.Texts is null ? "golden.json has no texts of the case" : "the folder has no tokenizer.json");
        if (reference.Entries.ContainsKey("attention_mask"))
            yield return ParityItem.Exact("attention_mask", Compare.Different(batch.RealTokens(), mask_BT) + (one.PaddingSide is { } side && PaddedOn(mask_BT) is { } other && side != other ? 1 : 0));
        if (reference.Entries.ContainsKey("mm_token_type_ids"))
            yield return ParityItem.Exact("mm_token_type_ids", Compare.Different(ids_BT.eq(tensor((long)config.ImageTokenId)).to_type(ScalarType.Int64), reference.Read("mm_token_type_ids")));
        if (reference.Entries.ContainsKey("image_grid_thw"))
            yield return ParityItem.Exact("image_grid_thw", Grids(images, reference.Read("image_grid_thw")));
        if (one.Length is { } length)
            yield return ParityItem.Exact("length", Math.Abs(length - ids_BT.size(1)));
    }

    private static string? PaddedOn(Tensor mask_BT) =>
        mask_BT.min().item<long>() == 1 ? null : mask_BT.select(1, 0).min().item<long>() == 0 ? "left" : "right";

    internal static long Grids(IReadOnlyList<ProcessedImage> images, Tensor wanted)
    {
        long[] ours = [.. images.SelectMany(i => new long[] { i.Grid.Frames, i.Grid.Height, i.Grid.Width })];
        return ours.Length == wanted.numel() ? Compare.Different(tensor(ours, wanted.shape), wanted) : Math.Max(1, wanted.numel());
    }

    private long DifferentRows(Tokenizer tokenizer, string[] texts, IReadOnlyList<ProcessedImage> images, Tensor ids_BT, Tensor mask_BT)
    {
        var rows = GoldenBatch.RealIds(ids_BT, mask_BT);
        long different = Math.Abs(texts.Length - rows.Count);
        var used = 0;
        foreach (var (text, row) in texts.Zip(rows))
        {
            // The image pads of a text, one an image, become as many as the image has tokens.
            var ours = tokenizer.Encode(text).SelectMany(id => id == config.ImageTokenId && used < images.Count ? Enumerable.Repeat(id, images[used++].Grid.Tokens(config.Vision.MergeSize)) : [id]).ToArray();
            different += Math.Abs(ours.Length - row.Length) + ours.Zip(row).Count(p => p.First != p.Second);
        }
        return different + (used == images.Count ? 0 : 1);
    }
}
