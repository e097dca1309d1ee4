using System.Globalization;
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
    private readonly ConfigObject _grpo;
    private readonly string[] _images;
    private readonly double _temperature;
    private readonly double _looser; // Where golden.json says that two correct implementations differ more.
    private readonly SafetensorsFile _reference;
    private readonly HashSet<string> _known = new(["completion_ids", "completion_mask", "prompt_ids", "prompt_mask", "rewards", "old_logps"], StringComparer.Ordinal);

    private GrpoParity(string folder)
    {
        _folder = folder;
        _looser = GoldenCases.Read(folder).Looser();
        _grpo = GoldenFile.Read(Path.Combine(folder, "grpo.json"));
        _images = _grpo.Texts("images");
        _temperature = _grpo.Number("temperature");
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
        foreach (var item in parity.All())
            yield return item with { Item = $"{Path.GetFileName(folder)}/grpo/{item.Item}" };
    }

    private List<ParityItem> All()
    {
        using var scope = NewDisposeScope();
        var items = new List<ParityItem>();
        items.AddRange(AdvantagesOf());
        using (var model = Qwen2VLModel.Load(_folder))
        {
            items.AddRange(Scores(model));
            model.Weights.Train(_ => true);
            foreach (var json in _grpo.Objects("cases"))
                items.AddRange(Case(model, json));
            if (_reference.Entries.ContainsKey("image_grid_thw"))
                items.Add(ParityItem.Exact("image_grid_thw", CaseParity.Grids(GoldenBatch.Inputs(_folder, model, _images), Read("image_grid_thw"))));
        }
        items.Add(Reference());
        items.AddRange(_grpo.NotCompared("grpo.json", ("largest_difference_to_trl", "the reference against trl")));
        _grpo.AllCompared();
        _reference.AllCompared(_known);
        return items;
    }

    private List<ParityItem> AdvantagesOf()
    {
        var items = new List<ParityItem>();
        var rewards = _reference.Read("rewards").data<float>().Select(r => (double)r).ToArray();
        var ours = Advantages.Of(rewards, _grpo.Size("num_generations"));
        items.Add(ParityItem.Of("advantages", Compare.MaxAbs(tensor(ours), Read("advantages")), AdvantageTolerance));
        var n = 0;
        foreach (var example in _grpo.Objects("advantage_examples"))
        {
            var (group, wanted) = (example.Doubles("rewards"), example.Doubles("advantages"));
            if (group.Length == 0 || wanted.Length != group.Length)
                throw example.Wrong("advantages", $"a number for each reward, and at least one");
            example.AllCompared();
            var error = Advantages.Of(group, group.Length).Zip(wanted, (a, b) => Math.Abs(a - b)).Max();
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
            ParityItem.Of("logps", Compare.MaxAbs(logps * mask, Read("logps") * mask), ScoreTolerance * _looser),
            ParityItem.Of("entropy_per_token", Compare.MaxAbs(entropies * mask, Read("entropy_per_token") * mask), ScoreTolerance * _looser),
        ];
    }

    /// <summary>The reference policy is the base with the folder's adapter.</summary>
    private ParityItem Reference()
    {
        using var off = no_grad();
        using var model = Qwen2VLModel.Load(_folder);
        using var adapter = LoraAdapter.Load(model, Path.Combine(_folder, "adapter"));
        var mask = Mask();
        return ParityItem.Of("ref_logps", Compare.MaxAbs(ScoresOf(model).Logps_BT * mask, Read("ref_logps") * mask), ScoreTolerance * _looser);
    }

    private List<ParityItem> Case(Qwen2VLModel model, ConfigObject json)
    {
        json.Only("loss_type", "grpo", "bnpo", "dr_grpo", "dapo");
        json.Only("importance_sampling_level", "token", "sequence");
        using var scope = NewDisposeScope();
        var objective = new GrpoObjective(
            json.Text("loss_type"), json.Number("epsilon_low"), json.Number("epsilon_high"), json.Number("beta"), json.Text("importance_sampling_level") == "sequence", _grpo.Size("max_completion_length_for_dr_grpo"));
        var name = string.Create(CultureInfo.InvariantCulture, $"{objective.Loss}_high{objective.EpsilonHigh}_beta{(objective.Beta == 0 ? "0.0" : objective.Beta)}_{(objective.SequenceLevel ? "sequence" : "token")}");
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
        items.Add(ParityItem.Of($"{name}/grad_norm", Math.Abs(FusedAdamW.Norm(gradients) / json.Number("grad_norm") - 1), NormTolerance * _looser));
        var summaries = json.Object("grad_sums");
        foreach (var weight in summaries.Keys)
        {
            if (!model.Weights.Names.Contains(weight))
                throw new LabException($"{json.File}: {summaries.Path}{weight} is no weight of the model.");
            var gradient = model.Weights[weight].grad!;
            var largest = gradient.abs().max().item<float>();
            items.Add(ParityItem.Of($"{name}/grad_sums/{weight}", TrainingParity.SummaryError(gradient, summaries.Object(weight), GradientTolerance * _looser * largest), 1));
            if (TrainingParity.Kept(_reference, $"grad/{name}/{weight}", gradient, _known) is var (ours, wanted))
                items.Add(ParityItem.Of($"grad/{name}/{weight}", Compare.MaxAbs(ours, wanted) / wanted.abs().max().item<float>(), GradientTolerance * _looser));
        }
        if (_grpo.Has("gradient_parameters") && !summaries.Keys.ToHashSet().SetEquals(_grpo.Texts("gradient_parameters")))
            throw json.Wrong("grad_sums", "the weights that gradient_parameters names");
        json.AllCompared();
        foreach (var (_, weight) in model.Weights.Trained())
            weight.grad = null;
        return items;

        ParityItem Metric(string key, double ours) => ParityItem.Of($"{name}/{key}", Math.Abs(ours - json.Number(key)), LossTolerance * _looser);
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
        var images = GoldenBatch.Inputs(_folder, model, _images);
        var prompts = GoldenBatch.Rows(model, _reference.Read("prompt_ids"), _reference.Read("prompt_mask"), images);
        var rows = prompts.Select((p, b) => BatchRow.Of(
            new ProcessedPrompt { Ids = p.Ids, Images = p.Images, Text = "" }, completions[b][mask[b].to_type(ScalarType.Bool)].data<long>().Select(i => (int)i).ToArray())).ToList();
        using var batch = ModelBatch.Of(model, rows);
        var scores = model.Score(batch, _temperature, entropies: true);
        var places = mask.flatten().nonzero().squeeze(1);
        return (Spread(scores.LogProbs), Spread(scores.Entropies!));

        Tensor Spread(Tensor values_N) => zeros(mask.numel()).index_copy(0, places, values_N).view(mask.shape);
    }
}
