using static TorchSharp.torch;

// Shapes: B prompts, T tokens, D hidden, K key-value heads, d head size, V vocabulary rows.
namespace SggLab.Modeling;

/// <summary>What a forward pass over prompts leaves for decoding.</summary>
/// <param name="Keys">One tensor [B,T,K,d] a layer, turned; padding at the end of short prompts.</param>
/// <param name="Values">One tensor [B,T,K,d] a layer.</param>
/// <param name="Logits_BV">After each prompt's last token, f32.</param>
internal sealed record PromptStates(IReadOnlyList<Tensor> Keys, IReadOnlyList<Tensor> Values, Tensor Logits_BV, int[] Lengths, int[] Next) : IDisposable
{
    public void Dispose()
    {
        foreach (var tensor in Keys.Concat(Values))
            tensor.Dispose();
    }
}

/// <summary>Reads whole prompts with the training model's own layers, keeping keys and values.</summary>
internal static class PrefixReader
{
    public static PromptStates Read(Qwen2VLModel model, IReadOnlyList<ProcessedPrompt> prompts)
    {
        using var scope = NewDisposeScope();
        using var batch = ModelBatch.Of(model, [.. prompts.Select(p => new BatchRow { Ids = p.Ids, Images = p.Images })]);
        var (keys, values) = (new List<Tensor>(), new List<Tensor>());
        var hidden_BTD = model.Hidden(batch, (k, v) =>
        {
            // They outlive the layer and this pass; the states own them.
            keys.Add(k.DetachFromDisposeScope());
            values.Add(v.DetachFromDisposeScope());
        });
        var last = tensor(batch.Lengths.Select((length, b) => (long)b * batch.Length + length - 1).ToArray(), device: hidden_BTD.device);
        var logits_BV = model.Logits(hidden_BTD.flatten(0, 1).index_select(0, last)).to_type(ScalarType.Float32).cpu().MoveToOuterDisposeScope();
        var next = prompts.Select(p => MropePositions.Of(p.Ids, model.Config.ImageTokenId, [.. p.Images.Select(i => i.Grid)], model.Config.Vision.MergeSize).Next);
        return new PromptStates(keys, values, logits_BV, batch.Lengths, [.. next]);
    }
}
