using System.Text.Json;
using SggLab.Modeling;
using SggLab.Training.Grpo;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Tests.Grpo;

public class GrpoGradientTests
{
    /// <summary>The whole way from weights to gradients: the model's log-probabilities, the objective, and what reaches three weights.</summary>
    [Fact]
    public void First_step_loss_entropy_and_gradients_equal_the_reference()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Json("qwen", "qwen2-vl-tiny", "grpo.json");
        var t = Golden.Tensors("qwen", "qwen2-vl-tiny", "grpo.safetensors");
        using var model = Qwen2VLModel.Load(Golden.Folder("qwen", "qwen2-vl-tiny"));
        model.Weights.Train(_ => true);
        using var batch = ModelBatch.Of(model, Rows(golden.RootElement, t));
        var compared = golden.RootElement.GetProperty("cases").EnumerateArray().SelectMany(example => Check(model, batch, t, example, golden.RootElement)).ToArray();
        compared.Length.ShouldBe(18, "three weights in each of six cases");
        compared.ShouldBe(t.Keys.Where(name => name.StartsWith("grad/", StringComparison.Ordinal)), ignoreOrder: true);
    }

    /// <returns>The gradients of the golden that were compared.</returns>
    private static List<string> Check(Qwen2VLModel model, ModelBatch batch, Dictionary<string, Tensor> t, JsonElement example, JsonElement golden)
    {
        double Figure(string name) => example.GetProperty(name).GetDouble();
        var (kind, level) = (example.GetProperty("loss_type").GetString()!, example.GetProperty("importance_sampling_level").GetString()!);
        var mask = t["completion_mask"].to(float32);
        var scores = model.Score(batch, golden.GetProperty("temperature").GetDouble(), entropies: true);
        var logps = Padded(scores.LogProbs, batch, mask);
        ((logps - t["logps"]).abs() * mask).max().ToDouble().ShouldBeLessThan(2e-4);
        (Padded(scores.Entropies!, batch, mask) * mask).sum().ToDouble().ShouldBe(Figure("entropy") * mask.sum().ToDouble(), 1e-2);
        var objective = new GrpoObjective(kind, Figure("epsilon_low"), Figure("epsilon_high"), Figure("beta"), level == "sequence",
            golden.GetProperty("max_completion_length_for_dr_grpo").GetInt32());
        var (loss, sums) = GrpoLoss.Compute(logps, t["old_logps"], t["ref_logps"], mask, t["advantages"], objective, new GrpoNormaliser(mask.sum().ToDouble(), mask.shape[0]));
        loss.ToDouble().ShouldBe(Figure("loss"), 2e-5);
        sums.MeanKl.ShouldBe(Figure("mean_kl"), 1e-4 * Figure("mean_kl"));
        sums.MeanClipLow.ShouldBe(Figure("clip_low"), 1e-6);
        sums.MeanClipHigh.ShouldBe(Figure("clip_high"), 1e-6);
        loss.backward();
        var norm = FusedAdamW.Norm([.. model.Weights.Trained().Select(pair => pair.Value.grad!)]);
        norm.ShouldBe(Figure("grad_norm"), 1e-4 * Figure("grad_norm"));
        var prefix = FormattableString.Invariant($"grad/{kind}_high{Figure("epsilon_high")}_beta{Figure("beta"):0.0#}_{level}/");
        var expected = t.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        foreach (var (name, gradient) in expected)
            ((model.Weights[name[prefix.Length..]].grad! - gradient).abs().max() / gradient.abs().max()).ToDouble().ShouldBeLessThan(1e-4, name);
        foreach (var (_, weight) in model.Weights.Trained())
            weight.grad = null;
        return [.. expected.Select(pair => pair.Key)];
    }

    private static List<BatchRow> Rows(JsonElement golden, Dictionary<string, Tensor> t)
    {
        var images = PromptProcessor.Load(Golden.Folder("qwen", "qwen2-vl-tiny")).Images.With(3136, 31360);
        var processed = new Dictionary<string, ProcessedImage>();
        var rows = new List<BatchRow>();
        for (var b = 0; b < t["prompt_ids"].shape[0]; b++)
        {
            var name = golden.GetProperty("images")[b].GetString()!;
            if (!processed.TryGetValue(name, out var image))
                processed[name] = image = images.Process(RgbImage.Read(Golden.Folder("qwen", "inputs", name)));
            var prompt = Kept(t["prompt_ids"][b], t["prompt_mask"][b]);
            rows.Add(BatchRow.Of(new ProcessedPrompt { Ids = prompt, Images = [image], Text = "" }, Kept(t["completion_ids"][b], t["completion_mask"][b])));
        }
        return rows;
    }

    private static int[] Kept(Tensor ids, Tensor mask) =>
        [.. ids.data<long>().ToArray().Zip(mask.data<long>().ToArray()).Where(pair => pair.Second == 1).Select(pair => (int)pair.First)];

    private static Tensor Padded(Tensor flat, ModelBatch batch, Tensor mask)
    {
        var (rows, length) = (mask.shape[0], mask.shape[1]);
        var places = batch.ScoredCounts.SelectMany((count, b) => Enumerable.Range(0, count).Select(place => b * length + place)).ToArray();
        return zeros(rows * length).index_copy(0, tensor(places), flat).view(rows, length);
    }
}
