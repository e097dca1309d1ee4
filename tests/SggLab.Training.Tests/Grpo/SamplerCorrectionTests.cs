using SggLab.Training.Grpo;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Tests.Grpo;

public class SamplerCorrectionTests
{
    /// <summary>Two sequences: ratios of policy to sampler 2, 8 and (not counted) 100; and 1/2, 1, 1.</summary>
    private static float[] Factors(string mode, double largest)
    {
        using var scope = NewDisposeScope();
        var policy = tensor(new[] { 2.0, 8, 100, 0.5, 1, 1 }, [2, 3]).log().to(float32);
        var (factors, _) = SamplerCorrection.Of(policy, zeros(2, 3), tensor(new float[] { 1, 1, 0, 1, 1, 1 }, [2, 3]), mode, largest);
        return [.. factors.data<float>()];
    }

    [Fact]
    public void A_token_that_the_policy_likes_better_weighs_more_up_to_the_bound() => Factors("token_truncate", 3).ShouldBe([2, 3, 1, 0.5f, 1, 1], 1e-5);

    [Fact]
    public void A_masked_token_beyond_the_bound_teaches_nothing() => Factors("token_mask", 3).ShouldBe([2, 0, 1, 0.5f, 1, 1], 1e-5);

    [Fact]
    public void A_sequence_weighs_by_the_product_of_its_tokens()
    {
        Factors("sequence_truncate", 10).ShouldBe([10, 0.5f], 1e-5);
        Factors("sequence_mask", 10).ShouldBe([0, 0.5f], 1e-5);
        Factors("sequence_mask", 20).ShouldBe([16, 0.5f], 1e-4);
    }

    [Fact]
    public void The_figures_are_over_the_tokens_that_count()
    {
        using var scope = NewDisposeScope();
        var (_, figures) = SamplerCorrection.Of(tensor(new[] { 2.0, 8, 100 }, [1, 3]).log().to(float32), zeros(1, 3), tensor(new float[] { 1, 1, 0 }, [1, 3]), "token_truncate", 3);
        (Math.Round(figures.Min, 5), Math.Round(figures.Max, 5), figures.Count).ShouldBe((2, 3, 2));
        figures.Sum.ShouldBe(5, 1e-5);
    }
}
