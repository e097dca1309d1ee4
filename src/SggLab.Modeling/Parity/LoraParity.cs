using System.Globalization;
using System.Text.RegularExpressions;
using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Compares an attached adapter, its merge, its gradients and three training steps with lora.json and lora.safetensors.</summary>
internal sealed partial class LoraParity(GoldenCases golden)
{
    private const double LossTolerance = 2e-5;
    private const double GradientTolerance = 1e-4;

    private readonly double _looser = golden.Looser();

    public IEnumerable<ParityItem> Check()
    {
        using var scope = NewDisposeScope();
        using var reference = SafetensorsFile.Open(Path.Combine(golden.Folder, "lora.safetensors"));
        var claims = GoldenFile.Read(Path.Combine(golden.Folder, "lora.json"));
        var known = new HashSet<string>(["columns"], StringComparer.Ordinal);
        var items = new List<ParityItem>();
        items.AddRange(claims.NotCompared("lora.json", ("max_abs_adapter_vs_merged", "the reference against itself")));
        items.AddRange(Training(claims, reference, known));
        items.AddRange(Logits(claims, reference, known));
        claims.AllCompared();
        reference.AllCompared(known);
        return items.Select(i => i with { Item = $"{golden.Name}/lora/{i.Item}" });
    }

    private List<ParityItem> Logits(ConfigObject claims, SafetensorsFile reference, HashSet<string> known)
    {
        using var off = no_grad();
        using var model = Qwen2VLModel.Load(golden.Folder);
        using var adapter = LoraAdapter.Load(model, Path.Combine(golden.Folder, "adapter"));
        var shape = reference.Entries.TryGetValue("with_adapter/argmax", out var entry) ? entry.Shape : null;
        var one = golden.CaseOf("one_image", "lora.safetensors", forward => forward.Entries.TryGetValue("input_ids", out var ids) && (shape is null || shape.SequenceEqual(ids.Shape)));
        using var inputs = SafetensorsFile.Open(golden.ForwardFile(one.Name));
        using var batch = GoldenBatch.Of(model, inputs, GoldenBatch.Images(model, golden, one));
        var items = new List<ParityItem>();
        items.AddRange(Compared("with_adapter"));
        if (claims.Has("max_abs_adapter_vs_base"))
        {
            var with = model.Logits(model.Hidden(batch));
            adapter.Enabled = false;
            var without = model.Logits(model.Hidden(batch));
            adapter.Enabled = true;
            items.Add(ParityItem.Of("max_abs_adapter_vs_base", Math.Abs(Compare.MaxAbs(with, without) - claims.Number("max_abs_adapter_vs_base")), 2 * golden.Tolerance("logits", ForwardParity.OwnTolerance)));
        }
        adapter.Merge();
        items.AddRange(Compared("merged"));
        return items;

        IEnumerable<ParityItem> Compared(string state)
        {
            var logits = model.Logits(model.Hidden(batch));
            foreach (var name in reference.Entries.Keys.Where(n => n.StartsWith(state + "/", StringComparison.Ordinal)))
            {
                known.Add(name);
                var tolerance = golden.Tolerance("logits", ForwardParity.OwnTolerance);
                var wanted = reference.Read(name);
                yield return name[(state.Length + 1)..] switch
                {
                    "argmax" => ParityItem.Exact(name, Compare.Different(logits.argmax(2), wanted)),
                    "logits_at_columns" => ParityItem.Of(name, Compare.MaxAbs(logits.index_select(2, reference.Read("columns")), wanted), tolerance),
                    var last when last.StartsWith("logits_last", StringComparison.Ordinal) => ParityItem.Of(name, Compare.MaxAbs(logits.narrow(1, logits.size(1) - wanted.size(1), wanted.size(1)), wanted), tolerance),
                    _ => throw new LabException($"{reference.Path} holds the tensor {name}, which parity does not know, so nothing compares it."),
                };
            }
        }
    }

    private List<ParityItem> Training(ConfigObject expected, SafetensorsFile reference, HashSet<string> known)
    {
        using var model = Qwen2VLModel.Load(golden.Folder);
        using var adapter = LoraAdapter.Load(model, Path.Combine(golden.Folder, "adapter"));
        // Where the file does not say how it trained, it is as README says: AdamW at 1e-3 with decay .01, clipped at 1.
        using var trainer = expected.Has("optimizer") ? new ParityTrainer(adapter.Tensors, expected.Object("optimizer")) : new ParityTrainer(adapter.Tensors, 1e-3, .9, .999, 1e-8, .01, 1);
        if (expected.Text("labels").Split('/') is not [var name, var labelled])
            throw expected.Wrong("labels", "CASE/TENSOR, as in right_padded/labels_r1sgg");
        var one = golden.Case(name, "lora.json");
        using var inputs = SafetensorsFile.Open(golden.ForwardFile(one.Name));
        var labels = inputs.Read(labelled);
        var images = GoldenBatch.Images(model, golden, one);
        using var batch = GoldenBatch.Of(model, inputs.Read("input_ids"), inputs.Read("attention_mask"), images, labels);
        var items = new List<ParityItem>
        {
            ParityItem.Exact("trainable_parameters", Math.Abs(adapter.Tensors.Values.Sum(t => t.numel()) - expected.Long("trainable_parameters"))),
        };
        var key = expected.Keys.FirstOrDefault(k => LossesOverSteps().IsMatch(k)) ?? throw new LabException($"{expected.File} lacks the key losses_over_3_adamw_steps_and_after (a list of numbers).");
        var losses = expected.Doubles(key);
        if (losses.Length - 1 != int.Parse(LossesOverSteps().Match(key).Groups[1].Value, CultureInfo.InvariantCulture))
            throw expected.Wrong(key, "a loss before each step and one after");
        for (var step = 0; step < losses.Length; step++)
        {
            using var scope = NewDisposeScope();
            var loss = -model.Score(batch).LogProbs.mean();
            items.Add(ParityItem.Of($"{key}[{step}]", Math.Abs(loss.item<float>() - losses[step]), LossTolerance * _looser));
            if (step == 0 && expected.Has("loss"))
                items.Add(ParityItem.Of("loss", Math.Abs(loss.item<float>() - expected.Number("loss")), LossTolerance * _looser));
            if (step + 1 == losses.Length)
                break;
            loss.backward();
            if (step == 0)
                items.AddRange(Gradients(adapter, expected, reference, known));
            var norm = trainer.Step();
            if (step == 0)
                items.Add(ParityItem.Of("grad_norm", Math.Abs(norm / expected.Number("grad_norm") - 1), 1e-4 * _looser));
        }
        return items;
    }

    private List<ParityItem> Gradients(LoraAdapter adapter, ConfigObject expected, SafetensorsFile reference, HashSet<string> known)
    {
        var items = new List<ParityItem>();
        var summaries = expected.Object("grad_summary");
        foreach (var name in summaries.Keys)
        {
            if (!adapter.Tensors.TryGetValue(name, out var tensor))
                throw new LabException($"{expected.File}: grad_summary names {name}, which the adapter does not have.");
            var gradient = tensor.grad!;
            items.Add(ParityItem.Of($"grad_summary/{name}", TrainingParity.SummaryError(gradient, summaries.Object(name), GradientTolerance * _looser * gradient.abs().max().item<float>()), 1));
            if (TrainingParity.Kept(reference, $"grad/{name}", gradient, known) is var (ours, wanted))
                items.Add(ParityItem.Of($"grad/{name}", Compare.MaxAbs(ours, wanted) / wanted.abs().max().item<float>(), GradientTolerance * _looser));
        }
        return items;
    }

    [GeneratedRegex(@"^losses_over_(\d{1,4})_adamw_steps_and_after$")]
    private static partial Regex LossesOverSteps();
}
