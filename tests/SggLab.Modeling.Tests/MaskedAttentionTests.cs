using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

public class MaskedAttentionTests
{
    [Theory]
    [InlineData(ScalarType.Float32, 13, 6, 2, 1e-5)]
    [InlineData(ScalarType.Float32, 32, 4, 4, 1e-5)]
    [InlineData(ScalarType.BFloat16, 13, 6, 2, 0.05)] // rows of a mask that need filling up, three heads that share keys and values
    [InlineData(ScalarType.BFloat16, 48, 7, 1, 0.05)]
    public void Heads_with_keys_and_values_of_their_own_and_a_mask_that_is_added_give_what_shared_ones_and_a_choice_give(ScalarType type, int tokens, int heads, int kvHeads, double tolerance)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        // Two sequences in a row: the second sees nothing of the first.
        var looks = ones(2, 1, tokens, tokens, ScalarType.Bool).tril();
        looks.narrow(2, 5, tokens - 5).narrow(3, 0, 5).fill_(false);
        var (memory, gradient) = (randn(2, tokens, heads + 2 * kvHeads, 16).to_type(type).to_type(ScalarType.Float64), randn(2, tokens, heads, 16).to_type(type).to_type(ScalarType.Float64));

        var results = Run(type, (q, k, v) => FusedSteps.Attention(q, k, v, FusedSteps.Mask(looks, type), causal: false));

        var wanted = Run(ScalarType.Float64, (q, k, v) => TorchDispatcher.Attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), looks, causal: false).transpose(1, 2));
        foreach (var (result, want) in results.Zip(wanted))
            Compare.MaxAbs(result, want).ShouldBeLessThan(tolerance);

        Tensor[] Run(ScalarType type, Func<Tensor, Tensor, Tensor, Tensor> attention)
        {
            var leaf = memory.to_type(type, copy: true).requires_grad_(true);
            var result = attention(leaf.narrow(2, 0, heads), leaf.narrow(2, heads, kvHeads), leaf.narrow(2, heads + kvHeads, kvHeads));
            (result * gradient.to_type(type)).sum().backward();
            return [result.detach(), leaf.grad!];
        }
    }

    [Fact]
    public void A_masks_rows_begin_where_libtorchs_kernels_want_them_to()
    {
        using var scope = NewDisposeScope();
        var mask = FusedSteps.Mask(ones(2, 1, 13, 13, ScalarType.Bool).tril(), ScalarType.BFloat16);
        mask.shape.ShouldBe([2, 1, 13, 13]);
        mask.stride().Take(3).ShouldAllBe(stride => stride % 8 == 0, "else each layer makes a copy that is so");
        mask.stride(3).ShouldBe(1);
        mask[0, 0, 3].to_type(ScalarType.Float32).data<float>().ToArray().ShouldBe([0, 0, 0, 0, .. Enumerable.Repeat(float.NegativeInfinity, 9)]);
    }
}
