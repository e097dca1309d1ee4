using System.Text.Json;
using SggLab.Contracts;
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

    public static IEnumerable<ParityItem> Check(string folder, JsonElement golden)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var model = Qwen2VLModel.Load(folder, ScalarType.BFloat16);
        using var reference = SafetensorsFile.Open(Path.Combine(folder, "bf16.safetensors"));
        using var inputs = SafetensorsFile.Open(Path.Combine(folder, "forward_one_image.safetensors"));
        using var batch = GoldenBatch.Of(model, inputs, "one_image", folder, golden);
        var logits = model.Logits(model.Hidden(batch)).to_type(ScalarType.Float32);
        var items = new List<ParityItem>();
        foreach (var name in reference.Entries.Keys)
        {
            var wanted = reference.Read(name);
            if (name == "argmax")
            {
                items.Add(ParityItem.Of("argmax, share that differs", Compare.Different(logits.argmax(2), wanted) / (double)wanted.numel(), DifferentArgmax));
                continue;
            }
            if (!name.StartsWith("logits_last", StringComparison.Ordinal))
                throw new LabException($"{reference.Path} holds the tensor {name}, which parity does not know.");
            var last = logits.narrow(1, logits.size(1) - wanted.size(1), wanted.size(1));
            items.Add(ParityItem.Of($"{name}, mean", (last - wanted).abs().mean().item<float>(), MeanTolerance));
            items.Add(ParityItem.Of($"{name}, max", Compare.MaxAbs(last, wanted), MaxTolerance));
        }
        return items.Select(i => i with { Item = $"{Path.GetFileName(folder)}/bf16.safetensors/{i.Item}" });
    }
}
