using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Compares forward passes with the files forward_*.safetensors of a golden model folder.</summary>
internal sealed class ForwardParity(Qwen2VLModel model, GoldenCases golden)
{
    internal const double OwnTolerance = 2e-4;
    private const double LongTolerance = 5e-4;
    private const int LongPrompt = 1000;
    private const double LossTolerance = 2e-5;

    private readonly CaseParity _inputs = new(golden, model.Config);

    public IEnumerable<ParityItem> Check(string file)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var reference = SafetensorsFile.Open(Path.Combine(golden.Folder, file));
        using var trace = new ForwardTrace();
        var one = golden.Case(file["forward_".Length..^".safetensors".Length], file);
        var images = GoldenBatch.Images(model, golden, one);
        using var batch = GoldenBatch.Of(model, reference, images);
        var hidden_BTD = model.Hidden(batch, trace: trace);
        var own = batch.Length >= LongPrompt ? LongTolerance : OwnTolerance;
        var (states, logits) = (golden.Tolerance("states", own), golden.Tolerance("logits", own));
        var items = new List<ParityItem>(_inputs.Inputs(one, reference, batch, images));
        foreach (var entry in reference.Entries.Values)
        {
            if (CheckOne(reference, entry.Name, batch, hidden_BTD, trace, entry.Name.StartsWith("logits", StringComparison.Ordinal) ? logits : states) is { } item)
                items.Add(item);
        }
        if (one.LogitsRange is { } range)
            items.Add(ParityItem.Of("logits_min_max", RangeError(model.Logits(hidden_BTD), range, batch.RealTokens()), logits));
        if (one.Photo is { } photo)
            items.AddRange(Photo(photo, images[0]));
        return items.Select(i => i with { Item = $"{golden.Name}/{file}/{i.Item}" });
    }

    private ParityItem? CheckOne(SafetensorsFile reference, string name, ModelBatch batch, Tensor hidden_BTD, ForwardTrace trace, double tolerance)
    {
        using var scope = NewDisposeScope();
        var wanted = reference.Read(name);
        var real_BT = batch.RealTokens();
        switch (name)
        {
            case "input_ids" or "attention_mask" or "image_grid_thw" or "mm_token_type_ids" or "logits_columns":
                return null; // What went in is compared by itself.
            case "position_ids":
                return ParityItem.Exact(name, Compare.Different(batch.Positions * real_BT, wanted * real_BT));
            case "position_ids_max":
                return ParityItem.Exact(name, Compare.Different(batch.Positions.amax(2), wanted));
            case "rope_deltas":
                return ParityItem.Exact(name, Compare.Different(tensor(batch.Deltas().Select(d => (long)d).ToArray(), [batch.Rows, 1]), wanted));
            case "logits":
                return ParityItem.Of(name, MaxAbsOfReal(model.Logits(hidden_BTD), wanted, real_BT), tolerance);
            case "logits_at_columns":
                return ParityItem.Of(name, MaxAbsOfReal(model.Logits(hidden_BTD).index_select(2, reference.Read("logits_columns")), wanted, real_BT), tolerance);
            case "logits_logsumexp":
                return ParityItem.Of(name, MaxAbsOfReal(model.Logits(hidden_BTD).logsumexp(2), wanted, real_BT), tolerance);
            case "logits_max":
                return ParityItem.Of(name, MaxAbsOfReal(model.Logits(hidden_BTD).amax(2), wanted, real_BT), tolerance);
            case "logits_argmax":
                return ParityItem.Exact(name, OtherTops(model.Logits(hidden_BTD), wanted, real_BT, tolerance));
            case "hidden_after_final_norm":
                return ParityItem.Of(name, MaxAbsOfReal(hidden_BTD, wanted, real_BT), tolerance);
        }
        if (name.StartsWith("labels_", StringComparison.Ordinal))
            return Used(reference, name) ? null : ParityItem.NotCompared(name, $"the folder has no loss of them (loss_{name}, or a training run)");
        if (name.StartsWith("loss_labels_", StringComparison.Ordinal))
            return ParityItem.Of(name, Compare.MaxAbs(Loss(hidden_BTD, reference.Read(name["loss_".Length..])), wanted), LossTolerance * golden.Looser());
        if (name.StartsWith("logits_last", StringComparison.Ordinal))
            return ParityItem.Of(name, MaxAbsOfReal(Last(model.Logits(hidden_BTD), wanted), wanted, Last(real_BT, wanted)), tolerance);
        if (name.StartsWith("vision_", StringComparison.Ordinal) && VisionPlan.Tensor(name, model, batch.Grids) is { } plan)
            return ParityItem.Exact(name, Compare.Different(plan, wanted));
        return trace.Tensors.TryGetValue(name, out var ours)
            ? ParityItem.Of(name, Compare.MaxAbs(ours, wanted), tolerance)
            : throw new LabException($"{reference.Path} holds the tensor {name}, which parity does not know, so nothing compares it.");
    }

    /// <summary>Whether a loss of the labels is compared.</summary>
    private bool Used(SafetensorsFile reference, string labels)
    {
        if (reference.Entries.ContainsKey($"loss_{labels}"))
            return true;
        var lora = Path.Combine(golden.Folder, "lora.json");
        return File.Exists(lora) && GoldenFile.Read(lora).Text("labels").EndsWith("/" + labels, StringComparison.Ordinal);
    }

    /// <summary>The last tokens, as many as the reference kept (one, without its dimension, in [B,V]).</summary>
    private static Tensor Last(Tensor all_BT, Tensor wanted) =>
        wanted.dim() == 2 ? all_BT.select(1, -1) : all_BT.narrow(1, all_BT.size(1) - wanted.size(1), wanted.size(1));

    private static double MaxAbsOfReal(Tensor ours, Tensor wanted, Tensor real)
    {
        var mask = ours.dim() > real.dim() ? real.unsqueeze(-1) : real;
        return Compare.MaxAbs(ours * mask, wanted * mask);
    }

    /// <summary>
    /// Places where the reference's token is not on top here. One that lies below the top by no more than logits may be off is a tie, which either
    /// side's rounding decides.
    /// </summary>
    private static long OtherTops(Tensor logits_BTV, Tensor wanted_BT, Tensor real_BT, double tolerance)
    {
        if (!real_BT.shape.SequenceEqual(wanted_BT.shape))
            return Math.Max(1, wanted_BT.numel());
        var below_BT = logits_BTV.amax(2) - logits_BTV.gather(2, wanted_BT.unsqueeze(-1)).squeeze(-1);
        return (below_BT.Above(tolerance).logical_or(below_BT.isnan()).to_type(ScalarType.Int64) * real_BT).sum().item<long>();
    }

    private static double RangeError(Tensor logits_BTV, double[] range, Tensor real_BT)
    {
        var real_NV = logits_BTV[real_BT.to_type(ScalarType.Bool)];
        return Math.Max(Math.Abs(real_NV.min().item<float>() - range[0]), Math.Abs(real_NV.max().item<float>() - range[1]));
    }

    /// <summary>The image's tokens and the sums of its patches.</summary>
    private IEnumerable<ParityItem> Photo(GoldenPhoto photo, ProcessedImage image)
    {
        if (photo.ImageTokens is { } tokens)
            yield return ParityItem.Exact("image_tokens", Math.Abs(tokens - image.Grid.Tokens(model.Config.Vision.MergeSize)));
        if (photo.PatchSize is { } patch)
            yield return ParityItem.Exact("patch_size", Math.Abs(patch - model.Config.Vision.PatchSize));
        if (photo.PixelValues is { } values)
            yield return ParityItem.Exact("pixel_values", PixelSums.Differing(image, values));
    }

    private Tensor Loss(Tensor hidden_BTD, Tensor labels_BT)
    {
        var predicts = labels_BT.narrow(1, 1, labels_BT.size(1) - 1);
        var places = predicts.Above(BatchRow.Ignored);
        var states_ND = hidden_BTD.narrow(1, 0, hidden_BTD.size(1) - 1)[places];
        return model.Score(states_ND, predicts[places]).LogProbs.mean().neg();
    }
}
