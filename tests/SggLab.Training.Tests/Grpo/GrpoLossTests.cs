using SggLab.Training.Grpo;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Tests.Grpo;

public class GrpoLossTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Models => ["qwen2-vl-tiny", "qwen2_5-vl-tiny"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Loss_clip_fractions_and_KL_equal_the_reference_in_every_case(string model)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Json("qwen", model, "grpo.json");
        var t = Golden.Tensors("qwen", model, "grpo.safetensors");
        var mask = t["completion_mask"].to(float32);
        var length = golden.RootElement.GetProperty("max_completion_length_for_dr_grpo").GetInt32();
        foreach (var example in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            double Figure(string name) => example.GetProperty(name).GetDouble();
            var objective = new GrpoObjective(example.GetProperty("loss_type").GetString()!, Figure("epsilon_low"), Figure("epsilon_high"), Figure("beta"),
                example.GetProperty("importance_sampling_level").GetString() == "sequence", length);
            var whole = new GrpoNormaliser(mask.sum().ToDouble(), mask.shape[0]);
            var (loss, sums) = GrpoLoss.Compute(t["logps"], t["old_logps"], t["ref_logps"], mask, t["advantages"], objective, whole);
            loss.ToDouble().ShouldBe(Figure("loss"), Tolerance, objective.ToString());
            sums.MeanClipLow.ShouldBe(Figure("clip_low"), Tolerance);
            sums.MeanClipHigh.ShouldBe(Figure("clip_high"), Tolerance);
            sums.MeanKl.ShouldBe(Figure("mean_kl"), Tolerance);
        }
    }

    [Theory]
    [InlineData("grpo"), InlineData("bnpo"), InlineData("dr_grpo"), InlineData("dapo")]
    public void Global_normalisation_gives_the_same_gradient_however_the_batch_is_cut(string kind)
    {
        using var scope = NewDisposeScope();
        var whole = GradientOf(kind, pieces: 1, globally: true);
        var cut = GradientOf(kind, pieces: 8, globally: true);
        (whole - cut).abs().max().ToDouble().ShouldBeLessThan(1e-7);
    }

    [Fact]
    public void The_references_micro_batch_normalisation_depends_on_the_cut_where_lengths_differ()
    {
        using var scope = NewDisposeScope();
        var whole = GradientOf("bnpo", pieces: 1, globally: false);
        var cut = GradientOf("bnpo", pieces: 8, globally: false);
        (whole - cut).abs().max().ToDouble().ShouldBeGreaterThan(1e-3);
    }

    [Fact]
    public void On_the_first_update_the_gradient_is_the_policy_gradient()
    {
        using var scope = NewDisposeScope();
        var logps = tensor(new float[] { -1, -2, -3, -4 }, [2, 2], requires_grad: true);
        var mask = tensor(new float[] { 1, 1, 1, 0 }, [2, 2]);
        var objective = new GrpoObjective("bnpo", 0.2, 0.2, 0, false, 2);
        var (loss, _) = GrpoLoss.Compute(logps, null, null, mask, tensor(new float[] { 1, -1 }), objective, new GrpoNormaliser(3, 2));
        loss.backward();
        logps.grad!.data<float>().ToArray().ShouldBe([-1 / 3f, -1 / 3f, 1 / 3f, 0]);
    }

    [Fact]
    public void An_empty_completion_gives_no_NaN()
    {
        using var scope = NewDisposeScope();
        foreach (var kind in new[] { "grpo", "bnpo", "dr_grpo" })
        {
            var (loss, _) = GrpoLoss.Compute(zeros(1, 2), null, null, zeros(1, 2), ones(1), new GrpoObjective(kind, 0.2, 0.2, 0, true, 2), new GrpoNormaliser(0, 1));
            loss.ToDouble().ShouldBe(0);
        }
    }

    [Fact]
    public void The_samplers_correction_weighs_the_policys_part_and_not_the_KL()
    {
        using var scope = NewDisposeScope();
        var (logps, reference, mask) = (tensor(new float[] { -1, -2 }, [1, 2]), tensor(new float[] { -2, -2 }, [1, 2]), ones(1, 2));
        var objective = new GrpoObjective("bnpo", 0.2, 0.2, 0.5, false, 2);
        double LossWith(Tensor? factors) => GrpoLoss.Compute(logps, null, reference, mask, tensor(new float[] { 3 }), objective, new GrpoNormaliser(2, 1), factors).Loss.ToDouble();
        // k3 of a difference of -1 is e^-1 + 1 - 1; of 0 it is 0.
        var kl = 0.5 * Math.Exp(-1) / 2;
        LossWith(null).ShouldBe(-3 + kl, 1e-6);
        LossWith(tensor(new float[] { 2, 0 }, [1, 2])).ShouldBe(-3 * (2 + 0) / 2.0 + kl, 1e-6);
        LossWith(tensor(new float[] { 0.5f }, [1, 1])).ShouldBe(-1.5 + kl, 1e-6);
    }

    [Fact]
    public void Clip_shares_know_the_sequence_that_was_cut_least_and_most()
    {
        using var scope = NewDisposeScope();
        // Ratios e and 1 in the first sequence, 1/e and 1/e in the second.
        var logps = tensor(new float[] { 1, 0, -1, -1 }, [2, 2]);
        var (_, sums) = GrpoLoss.Compute(logps, zeros(2, 2), null, ones(2, 2), tensor(new float[] { 1, -1 }), new GrpoObjective("bnpo", 0.2, 0.2, 0, false, 2), new GrpoNormaliser(4, 2));
        (sums.MeanClipLow, sums.LeastClipLow, sums.MeanClipHigh, sums.MostClipHigh).ShouldBe((0.5, 0, 0.25, 0.5));
    }

    private static Tensor GradientOf(string kind, int pieces, bool globally)
    {
        manual_seed(3);
        var logps = (-rand(8, 6)).requires_grad_();
        var old = logps.detach() + 0.3 * randn(8, 6);
        var mask = arange(6).unsqueeze(0).lt(tensor(new long[] { 1, 6, 2, 5, 3, 6, 1, 4 }).unsqueeze(1)).to(float32);
        var advantages = randn(8);
        var objective = new GrpoObjective(kind, 0.2, 0.2, 0.04, false, 6);
        foreach (var rows in arange(8).chunk(pieces))
        {
            var part = mask.index_select(0, rows);
            var normaliser = globally
                ? new GrpoNormaliser(mask.sum().ToDouble(), 8)
                : new GrpoNormaliser(part.sum().ToDouble(), part.shape[0], pieces);
            var (loss, _) = GrpoLoss.Compute(logps.index_select(0, rows), old.index_select(0, rows), old.index_select(0, rows), part,
                advantages.index_select(0, rows), objective, normaliser);
            loss.backward();
        }
        return logps.grad!;
    }
}
