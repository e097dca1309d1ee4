using System.Numerics;
using SggLab.Modeling;
using static TorchSharp.torch;

namespace SggLab.Training.Optimization;

/// <summary>
/// Host memory for many f32 tensors: a few blocks whose sizes are powers of two, in which the tensors lie side by side. libtorch rounds each request for
/// pinned memory up to one: tensor by tensor, the masters and moments of Qwen2-VL-7B would take 172 GiB in place of 93.
/// </summary>
internal static class HostBlocks
{
    /// <summary>One tensor a shape, with nothing in it yet; each outlives the dispose scope.</summary>
    /// <param name="pinned">See <see cref="HostMemory.Empty"/>.</param>
    public static Tensor[] Of(IReadOnlyList<long[]> shapes, bool pinned)
    {
        long[] sizes = [.. shapes.Select(shape => shape.Aggregate(1L, (product, length) => product * length))];
        var result = new Tensor[shapes.Count];
        foreach (var (elements, tensors) in Plan(sizes))
        {
            using var scope = NewDisposeScope();
            var block = HostMemory.Empty(elements, ScalarType.Float32, pinned);
            var start = 0L;
            foreach (var i in tensors)
            {
                result[i] = block.narrow(0, start, sizes[i]).view(shapes[i]).DetachFromDisposeScope();
                start += sizes[i];
            }
        }
        return result;
    }

    /// <summary>Elements that the blocks of tensors of these sizes have together.</summary>
    public static long Elements(IReadOnlyList<long> sizes) => Plan(sizes).Sum(block => block.Elements);

    /// <summary>
    /// Blocks, each with the tensors in it. A block is as large as a power of two can be without being larger than what is left, and as the largest
    /// tensor left asks for; it takes what fits, the largest first, so that little is left over.
    /// </summary>
    private static List<(long Elements, List<int> Tensors)> Plan(IReadOnlyList<long> sizes)
    {
        var blocks = new List<(long, List<int>)>();
        List<int> left = [.. Enumerable.Range(0, sizes.Count).OrderByDescending(i => sizes[i])];
        while (left.Count > 0)
        {
            var elements = (long)Math.Max(Below(left.Sum(i => sizes[i])), BitOperations.RoundUpToPowerOf2((ulong)sizes[left[0]]));
            var room = elements;
            var taken = left.Where(i => sizes[i] <= room && (room -= sizes[i]) >= 0).ToList();
            blocks.Add((elements, taken));
            left = [.. left.Except(taken)];
        }
        return blocks;
    }

    /// <summary>The largest power of two that is not above a number.</summary>
    private static ulong Below(long number) => 1ul << BitOperations.Log2((ulong)Math.Max(1, number));
}
