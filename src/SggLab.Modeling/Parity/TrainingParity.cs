using System.Globalization;
using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// Repeats the training runs of training.json: some AdamW steps, whole and in micro-batches, with every gradient and weight compared. The first
/// step is taken in f32. AdamW enlarges rounding, so the later ones are compared in f64, which has none of its own, and those in f32 with
/// those in f64 (docs/decisions/0006-training-parity.md).
/// </summary>
internal sealed class TrainingParity(GoldenCases golden)
{
    private const double LossTolerance = 2e-5;
    private const double NormTolerance = 1e-4; // relative, of the first step
    // What the rounding of the recorded run may have grown to.
    private const double LaterLossTolerance = 5e-5;
    private const double LaterNormTolerance = 5e-4;
    // What ours may: it depends on the processor and the number of threads.
    internal const double OwnLossTolerance = 2e-4;
    internal const double OwnNormTolerance = 1e-3;
    private const double OwnFarShare = 0.1;
    private const double GradientTolerance = 1e-4; // of the tensor's largest value
    private const double WeightTolerance = 1e-5; // for 99.9 % of the elements
    private const double FarShare = 1e-3;
    private const double WorstWeightTolerance = 1e-3;
    private const string Summaries = "param_summary_after_";

    private readonly double _looser = golden.Looser();

    public IEnumerable<ParityItem> Check()
    {
        using var scope = NewDisposeScope();
        using var reference = SafetensorsFile.Open(Path.Combine(golden.Folder, "training.safetensors"));
        var root = GoldenFile.Read(Path.Combine(golden.Folder, "training.json"));
        var items = new List<ParityItem>();
        foreach (var key in root.Keys.ToList())
        {
            if (key.StartsWith("spread_against_", StringComparison.Ordinal))
                items.AddRange(root.NotCompared("training.json", (key, "the reference against itself")));
            else if (key == "mean_of_micro_batch_means_not_the_target")
                items.AddRange(root.NotCompared("training.json", (key, "the loss of a wrong normalisation, kept to tell it from the right one")));
        }
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var run in root.Keys.Where(k => k.Contains('/', StringComparison.Ordinal) && !k.StartsWith("spread_against_", StringComparison.Ordinal)))
            items.AddRange(Run(run, root.Object(run), root.Object("optimizer"), reference, known));
        root.Object("optimizer");
        root.AllCompared();
        reference.AllCompared(known);
        return items.Select(i => i with { Item = $"{golden.Name}/training/{i.Item}" });
    }

    private List<ParityItem> Run(string name, ConfigObject expected, ConfigObject optimizer, SafetensorsFile reference, HashSet<string> known)
    {
        var (labels, way) = (name[..name.IndexOf('/', StringComparison.Ordinal)], name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        if (way != "full_batch" && !way.EndsWith("_micro_batches", StringComparison.Ordinal))
            throw new LabException($"{expected.File}: the run {name} is neither LABELS/full_batch nor LABELS/two_micro_batches (a row each), so nothing compares it.");
        known.Add(labels);
        var (losses, norms) = (expected.Doubles("loss"), expected.Doubles("grad_norm"));
        if (norms.Length != losses.Length)
            throw expected.Wrong("grad_norm", $"as many numbers as loss has ({losses.Length})");
        var parts = expected.Has("micro_losses") ? expected.Value("micro_losses", "a list of lists of numbers", e => e.EnumerateArray().Select(step => step.EnumerateArray().Select(x => x.GetDouble()).ToArray()).ToArray()) : null;
        var items = new List<ParityItem>();
        using var model = Qwen2VLModel.Load(golden.Folder);
        using var exact = Qwen2VLModel.Load(golden.Folder, ScalarType.Float64);
        using var trainer = new ParityTrainer(Trained(model), optimizer);
        using var exactTrainer = new ParityTrainer(Trained(exact), optimizer);
        var batches = Batches(model, reference.Read(labels), inParts: way != "full_batch");
        for (var step = 0; step < losses.Length; step++)
        {
            using var scope = NewDisposeScope();
            var (ours, wanted) = (Backward(model, batches), Backward(exact, batches));
            if (step == 0)
                items.AddRange(Gradients(name, model, expected, reference, known));
            var (norm, exactNorm) = (trainer.Step(), exactTrainer.Step());
            var (compared, comparedNorm) = step == 0 ? (ours, norm) : (wanted, exactNorm);
            items.Add(ParityItem.Of($"{name}/loss[{step}]", Math.Abs(compared.Sum() - losses[step]), (step == 0 ? LossTolerance : LaterLossTolerance) * _looser));
            items.Add(ParityItem.Of($"{name}/grad_norm[{step}]", Math.Abs(comparedNorm - norms[step]) / norms[step], (step == 0 ? NormTolerance : LaterNormTolerance) * _looser));
            if (parts is not null)
                items.Add(ParityItem.Of($"{name}/micro_losses[{step}]", step < parts.Length && parts[step].Length == ours.Count ? parts[step].Zip(compared, (a, b) => Math.Abs(a - b)).Max() : double.PositiveInfinity, (step == 0 ? LossTolerance : LaterLossTolerance) * _looser));
            if (step == 0)
                continue;
            items.Add(ParityItem.Of($"{name}/loss[{step}], f32 and f64", Math.Abs(ours.Sum() - wanted.Sum()), OwnLossTolerance * _looser));
            items.Add(ParityItem.Of($"{name}/grad_norm[{step}], f32 and f64", Math.Abs(norm - exactNorm) / exactNorm, OwnNormTolerance * _looser));
        }
        if (expected.Has("token_count"))
            items.Add(ParityItem.Exact($"{name}/token_count", Math.Abs(expected.Long("token_count") - batches.Sum(b => b.ScoredCounts.Sum()))));
        items.AddRange(Weights(name, exact, expected, losses.Length, reference, known));
        items.Add(ParityItem.Of($"{name}/param_after_{losses.Length}, f32 and f64, share of elements off by more than {WeightTolerance:g1}", FarOff(model, exact), OwnFarShare * _looser));
        expected.AllCompared();
        foreach (var batch in batches)
            batch.Dispose();
        return items;
    }

    private List<ModelBatch> Batches(Qwen2VLModel model, Tensor labels_BT, bool inParts)
    {
        using var scope = NewDisposeScope();
        var one = golden.CaseOf("right_padded", "training.json", forward => forward.Entries.TryGetValue("input_ids", out var ids) && ids.Shape.SequenceEqual(labels_BT.shape));
        using var inputs = SafetensorsFile.Open(golden.ForwardFile(one.Name));
        var ids_BT = inputs.Read("input_ids");
        var mask_BT = inputs.Entries.ContainsKey("attention_mask") ? inputs.Read("attention_mask") : ones_like(ids_BT);
        var rows = GoldenBatch.Rows(model, ids_BT, mask_BT, GoldenBatch.Images(model, golden, one), labels_BT);
        return inParts ? [.. rows.Select(r => ModelBatch.Of(model, [r]))] : [ModelBatch.Of(model, rows)];
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> Trained(Qwen2VLModel model)
    {
        model.Weights.Train(_ => true);
        return model.Weights.Trained();
    }

    /// <returns>The part of each batch in the loss.</returns>
    private static List<double> Backward(Qwen2VLModel model, List<ModelBatch> batches)
    {
        var tokens = batches.Sum(b => b.ScoredCounts.Sum());
        var losses = new List<double>();
        foreach (var batch in batches)
        {
            using var scope = NewDisposeScope();
            var loss = LogProbs(model, batch).sum().Times(-1.0 / tokens);
            loss.backward();
            losses.Add(loss.to_type(ScalarType.Float64).item<double>());
        }
        return losses;
    }

    /// <summary>Through the trainer's own head, which is f32; in f64 through libtorch's.</summary>
    internal static Tensor LogProbs(Qwen2VLModel model, ModelBatch batch) =>
        model.Weights.Type == ScalarType.Float32
            ? model.Score(batch).LogProbs
            : nn.functional.cross_entropy(model.Logits(model.Hidden(batch).flatten(0, 1).index_select(0, batch.ScoredPlaces)), batch.Labels, reduction: nn.Reduction.None).neg();

    private IEnumerable<ParityItem> Gradients(string run, Qwen2VLModel model, ConfigObject expected, SafetensorsFile reference, HashSet<string> known)
    {
        var summaries = expected.Object("grad_summary_step1");
        foreach (var name in summaries.Keys)
        {
            var gradient = Weight(model, name, summaries).grad!;
            var largest = gradient.abs().max().item<float>();
            yield return ParityItem.Of($"{run}/grad_summary_step1/{name}", SummaryError(gradient, summaries.Object(name), GradientTolerance * _looser * largest), 1);
            if (Kept(reference, $"{run}/grad_step1/{name}", gradient, known) is var (ours, wanted))
                yield return ParityItem.Of($"{run}/grad_step1/{name}", Compare.MaxAbs(ours, wanted) / Math.Max(wanted.abs().max().item<float>(), 1e-30), GradientTolerance * _looser);
        }
    }

    private IEnumerable<ParityItem> Weights(string run, Qwen2VLModel model, ConfigObject expected, int steps, SafetensorsFile reference, HashSet<string> known)
    {
        var key = Summaries + steps.ToString(CultureInfo.InvariantCulture);
        var tensors = $"param_after_{steps}";
        var summaries = expected.Object(key);
        var (elements, far) = (0L, 0L);
        foreach (var name in summaries.Keys)
        {
            var weight = Weight(model, name, summaries).detach();
            yield return ParityItem.Of($"{run}/{key}/{name}", SummaryError(weight, summaries.Object(name), WeightTolerance * _looser), 1);
            if (Kept(reference, $"{run}/{tensors}/{name}", weight, known) is var (ours, wanted))
            {
                var error = (ours - wanted).abs();
                elements += error.numel();
                far += error.Above(WeightTolerance).sum().item<long>();
                yield return ParityItem.Of($"{run}/{tensors}/{name}", error.max().item<double>(), WorstWeightTolerance * _looser);
            }
        }
        if (elements > 0)
            yield return ParityItem.Of($"{run}/{tensors}, share of elements off by more than {WeightTolerance:g1}", (double)far / elements, FarShare * _looser);
    }

    private static double FarOff(Qwen2VLModel model, Qwen2VLModel exact)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var (elements, far) = (0L, 0L);
        foreach (var name in model.Weights.Names)
        {
            elements += model.Weights[name].numel();
            far += (exact.Weights[name] - model.Weights[name]).abs().Above(WeightTolerance).sum().item<long>();
        }
        return (double)far / elements;
    }

    private static Tensor Weight(Qwen2VLModel model, string name, ConfigObject named) =>
        model.Weights.Names.Contains(name) ? model.Weights[name] : throw new LabException($"{named.File}: {named.Path}{name} is no weight of the model.");

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
    internal static double SummaryError(Tensor tensor, ConfigObject expected, double elementError)
    {
        using var scope = NewDisposeScope();
        var (shape, sum, absolute, square) = (expected.Longs("shape"), expected.Number("sum"), expected.Number("abs_sum"), expected.Number("sq_sum"));
        expected.AllCompared();
        if (!tensor.shape.SequenceEqual(shape))
            return double.PositiveInfinity;
        var exact = tensor.to_type(ScalarType.Float64);
        var magnitudes = exact.abs().sum().item<double>();
        var squares = (exact * exact).sum().item<double>();
        var spread = 3 * Math.Sqrt(tensor.numel()) * elementError + 1e-7 * magnitudes + 1e-12;
        var sums = Math.Abs(exact.sum().item<double>() - sum) / spread;
        var sizes = Math.Abs(magnitudes - absolute) / spread;
        var energies = Math.Abs(squares - square) / (2 * Math.Sqrt(squares) * 3 * elementError + 1e-7 * squares + 1e-15);
        return Math.Max(sums, Math.Max(sizes, energies));
    }
}
