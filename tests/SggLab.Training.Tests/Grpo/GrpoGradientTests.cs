using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Grpo;
using SggLab.Training.Prompts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Tests.Grpo;

/// <summary>The trainer's own way from rewards and rollouts to gradients, against the reference's.</summary>
public sealed class GrpoGradientTests : IDisposable
{
    private const string Model = "qwen2-vl-tiny";
    private readonly TinyRuns _runs = new();
    private readonly JsonDocument _golden = Golden.Json("qwen", Model, "grpo.json");
    private readonly Dictionary<string, Tensor> _t = Golden.Tensors("qwen", Model, "grpo.safetensors");

    [Theory]
    [InlineData(8)]
    [InlineData(3)]
    public void Log_probabilities_loss_figures_and_gradients_of_a_step_equal_the_reference_however_it_is_cut(int microBatch)
    {
        using var scope = NewDisposeScope();
        var compared = _golden.RootElement.GetProperty("cases").EnumerateArray().SelectMany(example => Check(example, microBatch)).ToArray();

        compared.Length.ShouldBe(18, "three weights in each of six cases");
        compared.ShouldBe(_t.Keys.Where(name => name.StartsWith("grad/", StringComparison.Ordinal)), ignoreOrder: true);
    }

    [Theory]
    [InlineData("grpo")]
    [InlineData("bnpo")]
    [InlineData("dr_grpo")]
    public void By_the_references_normalisation_the_loss_of_a_step_is_the_mean_of_its_micro_batches(string loss)
    {
        using var scope = NewDisposeScope();
        using var session = Open(Settings(loss) with { Normalisation = "micro_batch", MicroBatchSize = 3, Beta = 0, Iterations = 1 });
        using var optimizer = session.Train();
        var rows = Rows(session);

        var step = new GrpoUpdate(session, optimizer, null).Run(1, rows, rate: 0);

        // At the first update every ratio is 1, so that the loss of a token is minus its advantage.
        double Of(GrpoRow[] part) => loss switch
        {
            "grpo" => part.Average(row => -row.Advantage),
            "bnpo" => part.Sum(row => -row.Advantage * row.CountedTokens) / part.Sum(row => row.CountedTokens),
            _ => part.Sum(row => -row.Advantage * row.CountedTokens) / (part.Length * session.Spec.Grpo!.MaxCompletionTokens),
        };
        var byParts = rows.Chunk(3).Average(Of);
        step.Loss.ShouldBe(byParts, 1e-5);
        Math.Abs(byParts - Of(rows)).ShouldBeGreaterThan(1e-3, "normalised globally it would be another");
    }

    /// <returns>The gradients of the golden that were compared.</returns>
    private List<string> Check(JsonElement example, int microBatch)
    {
        double Figure(string name) => example.GetProperty(name).GetDouble();
        var (kind, level) = (example.GetProperty("loss_type").GetString()!, example.GetProperty("importance_sampling_level").GetString()!);
        var settings = Settings(kind) with { Epsilon = Figure("epsilon_low"), EpsilonHigh = Figure("epsilon_high"), Beta = Figure("beta"), ImportanceSampling = level };
        using var session = Open(settings);
        using var optimizer = session.Train();
        var update = new GrpoUpdate(session, optimizer, null);
        var rows = Rows(session);
        var normaliser = new GrpoNormaliser(rows.Sum(row => row.CountedTokens), rows.Length);
        normaliser.Tokens.ShouldBe(_t["completion_mask"].sum().item<long>());
        var (total, first, parts) = (UpdateSums.Zero, 0, rows.Chunk(microBatch).ToArray());
        foreach (var part in parts)
        {
            using var scope = NewDisposeScope();
            var from = first;
            Tensor OfPart(string name) => _t[name].narrow(0, from, part.Length).narrow(1, 0, part.Max(row => row.Completion));
            var gaps_BT = (PolicyScores.LogProbs(session.Model, part, settings) - OfPart("logps")).abs() * PolicyScores.Mask(part, CPU);
            gaps_BT.max().ToDouble().ShouldBeLessThan(2e-4);
            total += update.Accumulate(part, OfPart("old_logps"), OfPart("ref_logps"), normaliser, parts.Length, iteration: 0);
            first += part.Length;
        }
        total.Loss.ShouldBe(Figure("loss"), 2e-5);
        (total.Entropy / total.Sums.Tokens).ShouldBe(Figure("entropy"), 2e-4);
        total.Sums.MeanKl.ShouldBe(Figure("mean_kl"), 1e-4 * Figure("mean_kl"));
        total.Sums.MeanClipLow.ShouldBe(Figure("clip_low"), 1e-6);
        total.Sums.MeanClipHigh.ShouldBe(Figure("clip_high"), 1e-6);
        var norm = FusedAdamW.Norm([.. session.Model.Weights.Trained().Select(pair => pair.Value.grad!)]);
        norm.ShouldBe(Figure("grad_norm"), 1e-4 * Figure("grad_norm"));
        var prefix = FormattableString.Invariant($"grad/{kind}_high{Figure("epsilon_high")}_beta{Figure("beta"):0.0#}_{level}/");
        var expected = _t.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        foreach (var (name, gradient) in expected)
            ((session.Model.Weights[name[prefix.Length..]].grad! - gradient).abs().max() / gradient.abs().max()).ToDouble().ShouldBeLessThan(1e-4, name);
        return [.. expected.Select(pair => pair.Key)];
    }

    private GrpoSettings Settings(string loss) => TinyRuns.Grpo with
    {
        Loss = loss,
        Temperature = _golden.RootElement.GetProperty("temperature").GetDouble(),
        GroupSize = _golden.RootElement.GetProperty("num_generations").GetInt32(),
        MaxCompletionTokens = _golden.RootElement.GetProperty("max_completion_length_for_dr_grpo").GetInt32(),
    };

    private RunSession Open(GrpoSettings settings)
    {
        var spec = _runs.Spec(RunMethod.Grpo) with { Model = new() { Folder = Golden.Folder("qwen", Model) }, Grpo = settings };
        var session = RunSession.Open(new JobInputs { Spec = spec, SpecHash = ContentHash.Of(spec), WorkFolder = Directory.CreateDirectory(_runs["work"]).FullName }, new MemoryRecorder(_runs["recorded"]));
        session.Start(1);
        return session;
    }

    /// <summary>The golden's rollouts as the trainer would hand them to its update.</summary>
    private GrpoRow[] Rows(RunSession session)
    {
        var settings = session.Spec.Grpo!;
        var images = PromptProcessor.Of(session.Model.Folder).Images.With(3136, 31360);
        double[] rewards = [.. _t["rewards"].data<float>().Select(reward => (double)reward)];
        var advantages = Advantages.Of(rewards, settings.GroupSize, RewardScale.Group);
        advantages.Zip(_t["advantages"].data<float>(), (ours, theirs) => Math.Abs(ours - theirs)).Max().ShouldBeLessThan(1e-6f);
        var rollouts = rewards.Select((_, row) => Kept("completion", row)).Select(ids => new Completion
        {
            Prompt = 0, Sample = 0, Seed = 0, Ids = ids, Text = "", Finish = FinishReason.Stop, LogProbs = new float[ids.Length], DrawnLogProbs = new float[ids.Length],
        });
        var prompts = Enumerable.Range(0, rewards.Length / settings.GroupSize).Select(group => group * settings.GroupSize).Select(row => new ExamplePrompt(null!, new ProcessedPrompt
        {
            Ids = Kept("prompt", row), Images = [images.Process(RgbImage.Read(Golden.Folder("qwen", "inputs", _golden.RootElement.GetProperty("images")[row].GetString()!)))], Text = "",
        }, default));
        return new RolloutBatch([.. prompts], [.. rollouts], [], [], rewards, advantages).Rows(settings, session.Prompts.Tokenizer.IdOf("<|im_end|>"), padding: 0);
    }

    private int[] Kept(string what, int row) =>
        [.. _t[what + "_ids"][row].data<long>().ToArray().Zip(_t[what + "_mask"][row].data<long>().ToArray()).Where(pair => pair.Second == 1).Select(pair => (int)pair.First)];

    public void Dispose()
    {
        _golden.Dispose();
        foreach (var tensor in _t.Values)
            tensor.Dispose();
        _runs.Dispose();
    }
}
