using System.Text.Json;
using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Compares forward passes with the files forward_*.safetensors of a golden model folder.</summary>
internal sealed class ForwardParity(Qwen2VLModel model, string folder, JsonElement golden)
{
    private const double Tolerance = 2e-4;
    private const double LongTolerance = 5e-4;
    private const double LossTolerance = 2e-5;

    public IEnumerable<ParityItem> Check(string file)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var reference = SafetensorsFile.Open(Path.Combine(folder, file));
        using var trace = new ForwardTrace();
        var name = file["forward_".Length..^".safetensors".Length];
        using var batch = GoldenBatch.Of(model, reference, name, folder, golden);
        var hidden_BTD = model.Hidden(batch, trace: trace);
        var own = name == "long_prompt" ? LongTolerance : Tolerance;
        var (states, logits) = (StatedTolerance.Of(golden, "states", own), StatedTolerance.Of(golden, "logits", own));
        var items = new List<ParityItem>();
        foreach (var entry in reference.Entries.Values)
        {
            if (CheckOne(reference, entry.Name, batch, hidden_BTD, trace, entry.Name.StartsWith("logits", StringComparison.Ordinal) ? logits : states) is { } item)
                items.Add(item with { Item = $"{Path.GetFileName(folder)}/{file}/{entry.Name}" });
        }
        return items;
    }

    private ParityItem? CheckOne(SafetensorsFile reference, string name, ModelBatch batch, Tensor hidden_BTD, ForwardTrace trace, double tolerance)
    {
        using var scope = NewDisposeScope();
        var wanted = reference.Read(name);
        var real_BT = batch.RealTokens();
        switch (name)
        {
            case "input_ids" or "attention_mask" or "image_grid_thw" or "mm_token_type_ids" or "labels_r1sgg" or "labels_assistant" or "logits_columns":
                return null; // What went in.
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
                return ParityItem.Exact(name, Compare.Different(model.Logits(hidden_BTD).argmax(2) * real_BT, wanted * real_BT));
            case "hidden_after_final_norm":
                return ParityItem.Of(name, MaxAbsOfReal(hidden_BTD, wanted, real_BT), tolerance);
            case "loss_labels_r1sgg" or "loss_labels_assistant":
                return ParityItem.Of(name, Compare.MaxAbs(Loss(hidden_BTD, reference.Read(name["loss_".Length..])), wanted), LossTolerance);
        }
        if (name.StartsWith("logits_last", StringComparison.Ordinal))
            return ParityItem.Of(name, MaxAbsOfReal(Last(model.Logits(hidden_BTD), wanted), wanted, Last(real_BT, wanted)), tolerance);
        if (name.StartsWith("vision_", StringComparison.Ordinal) && VisionPlan.Tensor(name, model, batch.Grids) is { } plan)
            return ParityItem.Exact(name, Compare.Different(plan, wanted));
        return trace.Tensors.TryGetValue(name, out var ours)
            ? ParityItem.Of(name, Compare.MaxAbs(ours, wanted), tolerance)
            : throw new LabException($"{reference.Path} holds the tensor {name}, which parity does not know.");
    }

    /// <summary>The last tokens, as many as the reference kept (one, without its dimension, in [B,V]).</summary>
    private static Tensor Last(Tensor all_BT, Tensor wanted) =>
        wanted.dim() == 2 ? all_BT.select(1, -1) : all_BT.narrow(1, all_BT.size(1) - wanted.size(1), wanted.size(1));

    private static double MaxAbsOfReal(Tensor ours, Tensor wanted, Tensor real)
    {
        var mask = ours.dim() > real.dim() ? real.unsqueeze(-1) : real;
        return Compare.MaxAbs(ours * mask, wanted * mask);
    }

    private Tensor Loss(Tensor hidden_BTD, Tensor labels_BT)
    {
        var predicts = labels_BT.narrow(1, 1, labels_BT.size(1) - 1);
        var places = predicts.Above(BatchRow.Ignored);
        var states_ND = hidden_BTD.narrow(1, 0, hidden_BTD.size(1) - 1)[places];
        return model.Score(states_ND, predicts[places]).LogProbs.mean().neg();
    }
}
