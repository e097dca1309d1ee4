using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

public sealed class CpuAttentionTests
{
    [Theory]
    [InlineData(1, 1, 1, 1, 8)] // one token
    [InlineData(2, 70, 4, 4, 20)] // heads of their own, a width that fills no vector
    [InlineData(2, 65, 8, 2, 32)] // four queries a head
    [InlineData(1, 130, 6, 2, 48)] // three, so that the four span tokens
    [InlineData(3, 33, 7, 1, 16)] // seven, with the last few short of four
    [InlineData(2, 64, 4, 4, 80)]
    [InlineData(1, 100, 2, 2, 72)]
    public void It_equals_libtorchs_and_so_do_its_gradients(int rows, int tokens, int heads, int kvHeads, int d)
    {
        using var scope = NewDisposeScope();
        // Queries, keys and values side by side: heads lie apart.
        using var memory = randn(rows, tokens, heads + 2 * kvHeads, d);
        var gradient = randn(rows, tokens, heads, d);
        var wanted = Run(memory, gradient, kvHeads, (q, k, v) => TorchDispatcher.Attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), null, causal: true).transpose(1, 2));

        Same(Direct<Lanes8>(memory, gradient, kvHeads), wanted);
        if (Vector512.IsHardwareAccelerated)
            Same(Direct<Lanes16>(memory, gradient, kvHeads), wanted);
        Same(Run(memory, gradient, kvHeads, (q, k, v) => FusedSteps.Attention(q, k, v, null, causal: true)), wanted);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using var scope = NewDisposeScope();
        var (memory, gradient) = (randn(2, 70, 8, 16), randn(2, 70, 4, 16));
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            var one = Run(memory, gradient, 2, (q, k, v) => FusedSteps.Attention(q, k, v, null, causal: true));
            set_num_threads(7); // More than there are heads.
            var many = Run(memory, gradient, 2, (q, k, v) => FusedSteps.Attention(q, k, v, null, causal: true));

            foreach (var (a, b) in one.Zip(many))
                TensorMemory.Floats(a.contiguous()).ToArray().ShouldBe(TensorMemory.Floats(b.contiguous()).ToArray());
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private static Tensor[] Run(Tensor memory, Tensor gradient, int kvHeads, Func<Tensor, Tensor, Tensor, Tensor> attention)
    {
        var leaf = memory.clone().requires_grad_(true);
        var (q, k, v) = Parts(leaf, kvHeads);
        var result = attention(q, k, v);
        (result * gradient).sum().backward();
        var (toQ, toK, toV) = Parts(leaf.grad!, kvHeads);
        return [result.detach(), toQ, toK, toV];
    }

    private static Tensor[] Direct<V>(Tensor memory, Tensor gradient, int kvHeads) where V : struct, ILanes<V>
    {
        var (q, k, v) = Parts(memory, kvHeads);
        var (result, logSums) = (empty(q.shape), empty(q.numel() / q.size(-1)));
        CpuAttention<V>.Forward(q, k, v, logSums, result);
        var (toQ, toK, toV) = (empty(q.shape), empty(k.shape), empty(v.shape));
        CpuAttention<V>.Backward(gradient, q, k, v, logSums, toQ, toK, toV);
        return [result, toQ, toK, toV];
    }

    private static (Tensor Q, Tensor K, Tensor V) Parts(Tensor memory, int kvHeads)
    {
        var heads = memory.size(2) - 2 * kvHeads;
        return (memory.narrow(2, 0, heads), memory.narrow(2, heads, kvHeads), memory.narrow(2, heads + kvHeads, kvHeads));
    }

    private static void Same(Tensor[] results, Tensor[] wanted)
    {
        foreach (var (result, want) in results.Zip(wanted))
            Compare.MaxAbs(result, want).ShouldBeLessThan(2e-5);
    }
}
