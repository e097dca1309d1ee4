using System.Text.Json;
using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Compares an attached adapter, its merge, its gradients and three training steps with lora.json and lora.safetensors.</summary>
internal sealed class LoraParity(string folder, JsonElement golden)
{
    private const double LogitTolerance = 2e-4;
    private const double LossTolerance = 2e-5;
    private const double GradientTolerance = 1e-4;

    public IEnumerable<ParityItem> Check()
    {
        using var scope = NewDisposeScope();
        using var reference = SafetensorsFile.Open(Path.Combine(folder, "lora.safetensors"));
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "lora.json")));
        var known = new HashSet<string>(["columns"], StringComparer.Ordinal);
        var items = new List<ParityItem>();
        items.AddRange(Training(document.RootElement, reference, known));
        items.AddRange(Logits(reference, known));
        foreach (var name in reference.Entries.Keys.Where(n => !known.Contains(n)))
            throw new LabException($"{reference.Path} holds the tensor {name}, which parity does not know.");
        return items.Select(i => i with { Item = $"{Path.GetFileName(folder)}/lora/{i.Item}" });
    }

    private List<ParityItem> Logits(SafetensorsFile reference, HashSet<string> known)
    {
        using var off = no_grad();
        using var model = Qwen2VLModel.Load(folder);
        using var adapter = LoraAdapter.Load(model, Path.Combine(folder, "adapter"));
        using var inputs = SafetensorsFile.Open(Path.Combine(folder, "forward_one_image.safetensors"));
        using var batch = GoldenBatch.Of(model, inputs, "one_image", folder, golden);
        var items = new List<ParityItem>();
        items.AddRange(Compared("with_adapter"));
        adapter.Merge();
        items.AddRange(Compared("merged"));
        return items;

        IEnumerable<ParityItem> Compared(string state)
        {
            var logits = model.Logits(model.Hidden(batch));
            foreach (var name in reference.Entries.Keys.Where(n => n.StartsWith(state + "/", StringComparison.Ordinal)))
            {
                known.Add(name);
                var wanted = reference.Read(name);
                yield return name[(state.Length + 1)..] switch
                {
                    "argmax" => ParityItem.Exact(name, Compare.Different(logits.argmax(2), wanted)),
                    "logits_at_columns" => ParityItem.Of(name, Compare.MaxAbs(logits.index_select(2, reference.Read("columns")), wanted), LogitTolerance),
                    "logits_last4" => ParityItem.Of(name, Compare.MaxAbs(logits.narrow(1, logits.size(1) - 4, 4), wanted), LogitTolerance),
                    _ => throw new LabException($"{reference.Path} holds the tensor {name}, which parity does not know."),
                };
            }
        }
    }

    private List<ParityItem> Training(JsonElement expected, SafetensorsFile reference, HashSet<string> known)
    {
        using var model = Qwen2VLModel.Load(folder);
        using var adapter = LoraAdapter.Load(model, Path.Combine(folder, "adapter"));
        using var trainer = new ParityTrainer(adapter.Tensors, 1e-3, .9, .999, 1e-8, .01, 1);
        using var inputs = SafetensorsFile.Open(Path.Combine(folder, "forward_right_padded.safetensors"));
        var labels = inputs.Read(expected.GetProperty("labels").GetString()!.Split('/')[1]);
        var images = GoldenBatch.Inputs(folder, model, GoldenBatch.Names(golden.GetProperty("cases").GetProperty("right_padded").GetProperty("images")));
        using var batch = GoldenBatch.Of(model, inputs.Read("input_ids"), inputs.Read("attention_mask"), images, labels);
        var items = new List<ParityItem>
        {
            ParityItem.Exact("trainable_parameters", Math.Abs(adapter.Tensors.Values.Sum(t => t.numel()) - expected.GetProperty("trainable_parameters").GetInt64())),
        };
        var losses = expected.GetProperty("losses_over_3_adamw_steps_and_after");
        for (var step = 0; step < losses.GetArrayLength(); step++)
        {
            using var scope = NewDisposeScope();
            var loss = -model.Score(batch).LogProbs.mean();
            items.Add(ParityItem.Of($"losses_over_3_adamw_steps_and_after[{step}]", Math.Abs(loss.item<float>() - losses[step].GetDouble()), LossTolerance));
            if (step + 1 == losses.GetArrayLength())
                break;
            loss.backward();
            if (step == 0)
                items.AddRange(Gradients(adapter, expected, reference, known));
            var norm = trainer.Step();
            if (step == 0)
                items.Add(ParityItem.Of("grad_norm", Math.Abs(norm / expected.GetProperty("grad_norm").GetDouble() - 1), 1e-4));
        }
        return items;
    }

    private static List<ParityItem> Gradients(LoraAdapter adapter, JsonElement expected, SafetensorsFile reference, HashSet<string> known)
    {
        var items = new List<ParityItem>();
        foreach (var summary in expected.GetProperty("grad_summary").EnumerateObject())
        {
            var gradient = adapter.Tensors[summary.Name].grad!;
            items.Add(ParityItem.Of($"grad_summary/{summary.Name}", TrainingParity.SummaryError(gradient, summary.Value, GradientTolerance * gradient.abs().max().item<float>()), 1));
            if (TrainingParity.Kept(reference, $"grad/{summary.Name}", gradient, known) is var (ours, wanted))
                items.Add(ParityItem.Of($"grad/{summary.Name}", Compare.MaxAbs(ours, wanted) / wanted.abs().max().item<float>(), GradientTolerance));
        }
        return items;
    }
}
