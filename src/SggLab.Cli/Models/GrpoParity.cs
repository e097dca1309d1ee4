using System.Text.Json;
using SggLab.Contracts;
using SggLab.Modeling;
using SggLab.Training.Grpo;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Cli.Models;

/// <summary>
/// Compares log-probabilities, entropies, advantages and every GRPO objective of a golden model folder (grpo.json,
/// grpo.safetensors), with the gradients of the weights.
/// </summary>
internal sealed class GrpoParity
{
    private const double ScoreTolerance = 1e-4; // Log-probabilities come from logits, which may be off by 2e-4.
    private const double LossTolerance = 1e-5;
    private const double AdvantageTolerance = 1e-5;
    private const double NormTolerance = 1e-4; // relative
    private const double GradientTolerance = 1e-4; // of the tensor's largest value

    private readonly string _folder;
    private readonly JsonElement _grpo;
    private readonly SafetensorsFile _reference;
    private readonly HashSet<string> _known = new(["completion_ids", "completion_mask", "image_grid_thw", "prompt_ids", "prompt_mask", "rewards", "old_logps"], StringComparer.Ordinal);

    private GrpoParity(string folder)
    {
        _folder = folder;
        _grpo = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "grpo.json"))).RootElement;
        _reference = SafetensorsFile.Open(Path.Combine(folder, "grpo.safetensors"));
    }

    /// <summary>The items of a file of a model folder, or null where the file is not one of GRPO's.</summary>
    public static IEnumerable<ParityItem>? Of(string folder, string file) => file switch
    {
        "grpo.json" => Check(folder),
        "grpo.safetensors" => [], // Read together with grpo.json.
        _ => null,
    };

    private static IEnumerable<ParityItem> Check(string folder)
    {
        var parity = new GrpoParity(folder);
        using var reference = parity._reference;
        foreach (var item in parity.Check())
            yield return item with { Item = $"{Path.GetFileName(folder)}/grpo/{item.Item}" };
    }

    private List<ParityItem> Check()
    {
        using var scope = NewDisposeScope();
        var items = new List<ParityItem>();
        items.AddRange(AdvantagesOf());
        using (var model = Qwen2VLModel.Load(_folder))
        {
            items.AddRange(Scores(model));
            model.Weights.Train(_ => true);
            foreach (var json in _grpo.GetProperty("cases").EnumerateArray())
                items.AddRange(Case(model, json));
        }
        items.Add(Reference());
        foreach (var name in _reference.Entries.Keys.Where(n => !_known.Contains(n)))
            throw new LabException($"{_reference.Path} holds the tensor {name}, which parity does not know.");
        return items;
    }

    private List<ParityItem> AdvantagesOf()
    {
        var items = new List<ParityItem>();
        var rewards = _reference.Read("rewards").data<float>().Select(r => (double)r).ToArray();
        var ours = Advantages.Of(rewards, _grpo.GetProperty("num_generations").GetInt32());
        items.Add(ParityItem.Of("advantages", Compare.MaxAbs(tensor(ours), Read("advantages")), AdvantageTolerance));
        var n = 0;
        foreach (var example in _grpo.GetProperty("advantage_examples").EnumerateArray())
        {
            double[] group = [.. example.GetProperty("rewards").EnumerateArray().Select(r => r.GetDouble())];
            var error = Advantages.Of(group, group.Length).Zip(example.GetProperty("advantages").EnumerateArray(), (a, b) => Math.Abs(a - b.GetDouble())).Max();
            items.Add(ParityItem.Of($"advantage_examples[{n++}]", error, AdvantageTolerance));
        }
        return items;
    }

    private List<ParityItem> Scores(Qwen2VLModel model)
    {
        using var off = no_grad();
        var (logps, entropies) = ScoresOf(model);
        var mask = Mask();
        return
        [
            ParityItem.Of("logps", Compare.MaxAbs(logps * mask, Read("logps") * mask), ScoreTolerance),
            ParityItem.Of("entropy_per_token", Compare.MaxAbs(entropies * mask, Read("entropy_per_token") * mask), ScoreTolerance),
        ];
    }

    /// <summary>The reference policy is the base with the folder's adapter.</summary>
    private ParityItem Reference()
    {
        using var off = no_grad();
        using var model = Qwen2VLModel.Load(_folder);
        using var adapter = LoraAdapter.Load(model, Path.Combine(_folder, "adapter"));
        var mask = Mask();
        return ParityItem.Of("ref_logps", Compare.MaxAbs(ScoresOf(model).Logps_BT * mask, Read("ref_logps") * mask), ScoreTolerance);
    }

    private List<ParityItem> Case(Qwen2VLModel model, JsonElement json)
    {
        using var scope = NewDisposeScope();
        var objective = new GrpoObjective(
            json.GetProperty("loss_type").GetString()!, json.GetProperty("epsilon_low").GetDouble(), json.GetProperty("epsilon_high").GetDouble(), json.GetProperty("beta").GetDouble(),
            json.GetProperty("importance_sampling_level").GetString() == "sequence", _grpo.GetProperty("max_completion_length_for_dr_grpo").GetInt32());
        var name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{objective.Loss}_high{objective.EpsilonHigh}_beta{(objective.Beta == 0 ? "0.0" : objective.Beta)}_{(objective.SequenceLevel ? "sequence" : "token")}");
        var (mask, old) = (Mask(), _reference.Read("old_logps"));
        var (logps, entropies) = ScoresOf(model);
        var normaliser = new GrpoNormaliser(mask.sum().item<float>(), mask.size(0));
        var (loss, sums) = GrpoLoss.Compute(logps, old, _reference.Read("ref_logps"), mask, _reference.Read("advantages"), objective, normaliser);
        loss.backward();
        var items = new List<ParityItem>
        {
            Metric("loss", loss.item<float>()),
            Metric("mean_kl", sums.MeanKl),
            Metric("clip_low", sums.MeanClipLow),
            Metric("clip_high", sums.MeanClipHigh),
            Metric("clip_region", sums.MeanClipLow + sums.MeanClipHigh),
            Metric("entropy", ((entropies * mask).sum() / mask.sum()).item<float>()),
            Metric("r1sgg_clip_ratio", ReferenceClipRatio(logps.detach(), old, mask, objective)),
        };
        var gradients = model.Weights.Trained().Select(w => w.Value.grad!).ToList();
        var norm = json.GetProperty("grad_norm").GetDouble();
        items.Add(ParityItem.Of($"{name}/grad_norm", Math.Abs(FusedAdamW.Norm(gradients) / norm - 1), NormTolerance));
        foreach (var summary in json.GetProperty("grad_sums").EnumerateObject())
        {
            var gradient = model.Weights[summary.Name].grad!;
            var largest = gradient.abs().max().item<float>();
            items.Add(ParityItem.Of($"{name}/grad_sums/{summary.Name}", TrainingParity.SummaryError(gradient, summary.Value, GradientTolerance * largest), 1));
            if (TrainingParity.Kept(_reference, $"grad/{name}/{summary.Name}", gradient, _known) is var (ours, wanted))
                items.Add(ParityItem.Of($"grad/{name}/{summary.Name}", Compare.MaxAbs(ours, wanted) / wanted.abs().max().item<float>(), GradientTolerance));
        }
        foreach (var (_, weight) in model.Weights.Trained())
            weight.grad = null;
        return items;

        ParityItem Metric(string key, double ours) => ParityItem.Of($"{name}/{key}", Math.Abs(ours - json.GetProperty(key).GetDouble()), LossTolerance);
    }

    /// <summary>R1-SGG's own clip metric, which counts the places where the clip does not bind.</summary>
    private double ReferenceClipRatio(Tensor logps_BT, Tensor old_BT, Tensor mask_BT, GrpoObjective objective)
    {
        var advantages_B1 = _reference.Read("advantages").unsqueeze(1);
        var logRatio_BT = logps_BT - old_BT;
        var logRatio = objective.SequenceLevel ? ((logRatio_BT * mask_BT).sum(1) / mask_BT.sum(1)).unsqueeze(1) : logRatio_BT;
        var ratio = logRatio.exp();
        var counted = (ratio * advantages_B1).lt(ratio.AtLeast(1 - objective.EpsilonLow).AtMost(1 + objective.EpsilonHigh) * advantages_B1).to_type(ScalarType.Float32);
        return objective.SequenceLevel ? counted.mean().item<float>() : ((counted * mask_BT).sum() / mask_BT.sum()).item<float>();
    }

    private Tensor Read(string name)
    {
        _known.Add(name);
        return _reference.Read(name);
    }

    private Tensor Mask() => _reference.Read("completion_mask").to_type(ScalarType.Float32);

    /// <summary>Log-probabilities and entropies of the completions, [B,T], 0 where the mask is.</summary>
    private (Tensor Logps_BT, Tensor Entropies_BT) ScoresOf(Qwen2VLModel model)
    {
        var mask = _reference.Read("completion_mask");
        var completions = _reference.Read("completion_ids");
        var images = GoldenBatch.Inputs(_folder, model, GoldenBatch.Names(_grpo.GetProperty("images")));
        var prompts = GoldenBatch.Rows(model, _reference.Read("prompt_ids"), _reference.Read("prompt_mask"), images);
        var rows = prompts.Select((p, b) => BatchRow.Of(
            new ProcessedPrompt { Ids = p.Ids, Images = p.Images, Text = "" }, completions[b][mask[b].to_type(ScalarType.Bool)].data<long>().Select(i => (int)i).ToArray())).ToList();
        using var batch = ModelBatch.Of(model, rows);
        var scores = model.Score(batch, _grpo.GetProperty("temperature").GetDouble(), entropies: true);
        var places = mask.flatten().nonzero().squeeze(1);
        return (Spread(scores.LogProbs), Spread(scores.Entropies!));

        Tensor Spread(Tensor values_N) => zeros(mask.numel()).index_copy(0, places, values_N).view(mask.shape);
    }
}
