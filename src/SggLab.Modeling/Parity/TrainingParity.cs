using System.Text.Json;
using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Repeats the training runs of training.json: five AdamW steps, whole and in micro-batches, with every gradient and weight compared.</summary>
internal sealed class TrainingParity(string folder, JsonElement golden)
{
    private const double LossTolerance = 2e-5;
    private const double NormTolerance = 1e-4; // relative, of the first step
    // After it AdamW has divided gradients that are rounding noise (of biases that nearly cancel out) by their own size.
    private const double LaterNormTolerance = 5e-4;
    private const double GradientTolerance = 1e-4; // of the tensor's largest value
    private const double WeightTolerance = 1e-5; // for 99.9 % of the elements
    private const double FarShare = 1e-3;
    private const double WorstWeightTolerance = 1e-3;

    public IEnumerable<ParityItem> Check()
    {
        using var scope = NewDisposeScope();
        using var reference = SafetensorsFile.Open(Path.Combine(folder, "training.safetensors"));
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "training.json")));
        var root = document.RootElement;
        var items = new List<ParityItem>();
        var known = new HashSet<string>(["labels_assistant", "labels_r1sgg"], StringComparer.Ordinal);
        foreach (var run in root.EnumerateObject().Where(p => p.Name.StartsWith("labels_", StringComparison.Ordinal)))
            items.AddRange(Run(run.Name, run.Value, root.GetProperty("optimizer"), reference, known));
        foreach (var name in reference.Entries.Keys.Where(n => !known.Contains(n)))
            throw new LabException($"{reference.Path} holds the tensor {name}, which parity does not know.");
        return items.Select(i => i with { Item = $"{Path.GetFileName(folder)}/training/{i.Item}" });
    }

    private List<ParityItem> Run(string name, JsonElement expected, JsonElement optimizer, SafetensorsFile reference, HashSet<string> known)
    {
        using var model = Qwen2VLModel.Load(folder);
        model.Weights.Train(_ => true);
        var trainer = new ParityTrainer(model.Weights.Trained(), optimizer);
        var batches = Batches(model, reference.Read(name[..name.IndexOf('/', StringComparison.Ordinal)]), inParts: name.EndsWith("two_micro_batches", StringComparison.Ordinal));
        var items = new List<ParityItem>();
        for (var step = 0; step < expected.GetProperty("loss").GetArrayLength(); step++)
        {
            using var scope = NewDisposeScope();
            var loss = Backward(model, batches);
            if (step == 0)
                items.AddRange(Gradients(name, model, expected, reference, known));
            var norm = trainer.Step();
            items.Add(ParityItem.Of($"{name}/loss[{step}]", Math.Abs(loss - expected.GetProperty("loss")[step].GetDouble()), LossTolerance));
            var wanted = expected.GetProperty("grad_norm")[step].GetDouble();
            items.Add(ParityItem.Of($"{name}/grad_norm[{step}]", Math.Abs(norm - wanted) / wanted, step == 0 ? NormTolerance : LaterNormTolerance));
        }
        items.AddRange(Weights(name, model, expected, reference, known));
        foreach (var batch in batches)
            batch.Dispose();
        trainer.Dispose();
        return items;
    }

    private List<ModelBatch> Batches(Qwen2VLModel model, Tensor labels_BT, bool inParts)
    {
        using var scope = NewDisposeScope();
        using var inputs = SafetensorsFile.Open(Path.Combine(folder, "forward_right_padded.safetensors"));
        var images = GoldenBatch.Inputs(folder, model, GoldenBatch.Names(golden.GetProperty("cases").GetProperty("right_padded").GetProperty("images")));
        var rows = GoldenBatch.Rows(model, inputs.Read("input_ids"), inputs.Read("attention_mask"), images, labels_BT);
        return inParts ? [.. rows.Select(r => ModelBatch.Of(model, [r]))] : [ModelBatch.Of(model, rows)];
    }

    private static double Backward(Qwen2VLModel model, List<ModelBatch> batches)
    {
        var tokens = batches.Sum(b => b.ScoredCounts.Sum());
        double total = 0;
        foreach (var batch in batches)
        {
            using var scope = NewDisposeScope();
            var loss = model.Score(batch).LogProbs.sum().Times(-1.0 / tokens);
            loss.backward();
            total += loss.item<float>();
        }
        return total;
    }

    private static IEnumerable<ParityItem> Gradients(string run, Qwen2VLModel model, JsonElement expected, SafetensorsFile reference, HashSet<string> known)
    {
        foreach (var summary in expected.GetProperty("grad_summary_step1").EnumerateObject())
        {
            var gradient = model.Weights[summary.Name].grad!;
            var largest = gradient.abs().max().item<float>();
            yield return ParityItem.Of($"{run}/grad_summary_step1/{summary.Name}", SummaryError(gradient, summary.Value, GradientTolerance * largest), 1);
            if (Kept(reference, $"{run}/grad_step1/{summary.Name}", gradient, known) is var (ours, wanted))
                yield return ParityItem.Of($"{run}/grad_step1/{summary.Name}", Compare.MaxAbs(ours, wanted) / Math.Max(wanted.abs().max().item<float>(), 1e-30), GradientTolerance);
        }
    }

    private static IEnumerable<ParityItem> Weights(string run, Qwen2VLModel model, JsonElement expected, SafetensorsFile reference, HashSet<string> known)
    {
        var (elements, far) = (0L, 0L);
        foreach (var summary in expected.GetProperty("param_summary_after_5").EnumerateObject())
        {
            var weight = model.Weights[summary.Name].detach();
            yield return ParityItem.Of($"{run}/param_summary_after_5/{summary.Name}", SummaryError(weight, summary.Value, WeightTolerance), 1);
            if (Kept(reference, $"{run}/param_after_5/{summary.Name}", weight, known) is var (ours, wanted))
            {
                var error = (ours - wanted).abs();
                elements += error.numel();
                far += error.Above(WeightTolerance).sum().item<long>();
                yield return ParityItem.Of($"{run}/param_after_5/{summary.Name}", error.max().item<float>(), WorstWeightTolerance);
            }
        }
        if (elements > 0)
            yield return ParityItem.Of($"{run}/param_after_5, share of elements off by more than {WeightTolerance:g1}", (double)far / elements, FarShare);
    }

    /// <summary>The part of a tensor that the reference kept: all, or some rows (every n/24-th; of patch_embed the first two, flattened).</summary>
    internal static (Tensor Ours, Tensor Wanted)? Kept(SafetensorsFile reference, string name, Tensor ours, HashSet<string> known)
    {
        if (reference.Entries.ContainsKey(name))
        {
            known.Add(name);
            return (ours, reference.Read(name));
        }
        if (!reference.Entries.ContainsKey(name + "#rows"))
            return null;
        known.Add(name + "#rows");
        var rows = ours.dim() > 2 ? ours.narrow(0, 0, 2).flatten(1) : ours.index_select(0, tensor(EveryNth(ours.size(0), Math.Max(1, ours.size(0) / 24))));
        return (rows, reference.Read(name + "#rows"));
    }

    private static long[] EveryNth(long count, long n) => [.. Enumerable.Range(0, (int)((count + n - 1) / n)).Select(i => i * n)];

    /// <summary>
    /// How far the sums of a tensor, of its magnitudes and of its squares are off, in units of what an error of this size
    /// in each element could do to them if signs were random (three deviations), and of the f32 rounding of the sums.
    /// </summary>
    internal static double SummaryError(Tensor tensor, JsonElement expected, double elementError)
    {
        using var scope = NewDisposeScope();
        if (!tensor.shape.SequenceEqual(expected.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64())))
            return double.PositiveInfinity;
        var exact = tensor.to_type(ScalarType.Float64);
        var magnitudes = exact.abs().sum().item<double>();
        var squares = (exact * exact).sum().item<double>();
        var spread = 3 * Math.Sqrt(tensor.numel()) * elementError + 1e-7 * magnitudes + 1e-12;
        var sums = Math.Abs(exact.sum().item<double>() - expected.GetProperty("sum").GetDouble()) / spread;
        var sizes = Math.Abs(magnitudes - expected.GetProperty("abs_sum").GetDouble()) / spread;
        var energies = Math.Abs(squares - expected.GetProperty("sq_sum").GetDouble()) / (2 * Math.Sqrt(squares) * 3 * elementError + 1e-7 * squares + 1e-15);
        return Math.Max(sums, Math.Max(sizes, energies));
    }
}
