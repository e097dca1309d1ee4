using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// Compares a bf16 forward pass with bf16.safetensors. Rounding differs between implementations, so the bounds are those
/// within which the reference's own bf16 differs from its f32.
/// </summary>
internal static class Bf16Parity
{
    private const double MeanTolerance = 0.05;
    private const double MaxTolerance = 1;
    private const double DifferentArgmax = 0.1; // The reference's own share is about 0.04.

    public static IEnumerable<ParityItem> Check(GoldenCases golden)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var model = Qwen2VLModel.Load(golden.Folder, ScalarType.BFloat16);
        using var reference = SafetensorsFile.Open(Path.Combine(golden.Folder, "bf16.safetensors"));
        var shape = reference.Entries.Values.First().Shape;
        var one = golden.CaseOf("one_image", "bf16.safetensors", forward => forward.Entries.TryGetValue("input_ids", out var ids) && ids.Shape[0] == shape[0] && (!reference.Entries.TryGetValue("argmax", out var all) || all.Shape.SequenceEqual(ids.Shape)));
        using var inputs = SafetensorsFile.Open(golden.ForwardFile(one.Name));
        using var batch = GoldenBatch.Of(model, inputs, GoldenBatch.Images(model, golden, one));
        var logits = model.Logits(model.Hidden(batch)).to_type(ScalarType.Float32);
        var items = new List<ParityItem>();
        var compared = new HashSet<string>(reference.Entries.Keys.Where(n => n == "argmax" || n.StartsWith("logits_last", StringComparison.Ordinal)), StringComparer.Ordinal);
        reference.AllCompared(compared);
        foreach (var name in reference.Entries.Keys)
        {
            var wanted = reference.Read(name);
            if (name == "argmax")
            {
                items.Add(ParityItem.Of("argmax, share that differs", Compare.Different(logits.argmax(2), wanted) / (double)wanted.numel(), DifferentArgmax));
                continue;
            }
            var last = logits.narrow(1, logits.size(1) - wanted.size(1), wanted.size(1));
            items.Add(ParityItem.Of($"{name}, mean", (last - wanted).abs().mean().item<float>(), MeanTolerance));
            items.Add(ParityItem.Of($"{name}, max", Compare.MaxAbs(last, wanted), MaxTolerance));
        }
        return items.Select(i => i with { Item = $"{golden.Name}/bf16.safetensors/{i.Item}" });
    }
}
