using System.Runtime.Intrinsics;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>What was drawn at one place.</summary>
/// <param name="LogProb">Over the whole vocabulary at the temperature, before penalty and cuts.</param>
/// <param name="DrawnLogProb">In the distribution drawn from.</param>
/// <param name="Kept">The ids of that distribution, where they are asked for.</param>
internal readonly record struct Draw(int Id, float LogProb, float DrawnLogProb, int[]? Kept = null);

/// <summary>What decides a row's next token beside its logits.</summary>
/// <param name="Seen">For the repetition penalty: the ids of prompt and completion so far, each once; may be null without one.</param>
/// <param name="Uniform">A number in [0, 1).</param>
internal readonly record struct Chance(IReadOnlyCollection<int>? Seen, double Uniform);

/// <returns>[vocabulary] of a row.</returns>
internal delegate ReadOnlySpan<float> RowLogits(int row);

/// <summary>A model's logits are no numbers, so that no token can be drawn from them.</summary>
public sealed class NotFiniteLogitsException(string message) : LabException(message);

/// <summary>Chooses a token from one row of logits. Several threads may choose at a time.</summary>
/// <param name="weights">The model's folder, for messages.</param>
internal sealed class Sampler(SamplingSettings settings, int vocabulary, string? weights = null)
{
    private const int Block = 8; // f32 values of a 256-bit vector
    private const int RowsAThread = 4;

    [ThreadStatic]
    private static (float[] Scores, float[] Kept, int[] Ids) _scratch;

    private (float[] Scores, float[] Kept, int[] Ids) Scratch()
    {
        if (_scratch.Ids is null || _scratch.Ids.Length < vocabulary)
            _scratch = (new float[vocabulary], new float[vocabulary], new int[vocabulary]);
        return _scratch;
    }

    public SamplingSettings Settings => settings;

    /// <summary>One token a row.</summary>
    /// <param name="logits">[rows, vocabulary].</param>
    /// <exception cref="NotFiniteLogitsException">As of one row.</exception>
    public unsafe Draw[] Choose(ReadOnlySpan<float> logits, IReadOnlyList<Chance> chances)
    {
        var width = logits.Length / chances.Count;
        fixed (float* first = logits)
        {
            var start = (IntPtr)first;
            return Choose(row => new ReadOnlySpan<float>((float*)start + (long)row * width, width), chances);
        }
    }

    /// <summary>The same of rows that lie anywhere.</summary>
    public Draw[] Choose(RowLogits logits, IReadOnlyList<Chance> chances)
    {
        var draws = new Draw[chances.Count];
        TorchThreads.For(draws.Length, RowsAThread, row => draws[row] = Choose(logits(row), chances[row].Seen, chances[row].Uniform));
        return draws;
    }

    public void RequireFinite(float normaliser)
    {
        if (!float.IsFinite(normaliser))
            throw new NotFiniteLogitsException($"The model's logits are not finite (their log-sum-exp is {normaliser}): weights{(weights is null ? "" : " of " + weights)} are NaN or infinite, or so large that they overflow in this type. Use other weights, or float32.");
    }

    /// <param name="seen">See <see cref="Chance"/>.</param>
    /// <param name="uniform">Likewise.</param>
    /// <exception cref="NotFiniteLogitsException">A logit is NaN or plus infinity, or all are minus infinity.</exception>
    public Draw Choose(ReadOnlySpan<float> logits, IReadOnlyCollection<int>? seen, double uniform)
    {
        var temperature = settings.Greedy ? 1f : (float)settings.Temperature;
        var normaliser = LogSumExp(logits, temperature);
        RequireFinite(normaliser);
        var scores = logits;
        var (changed, _, ids) = Scratch();
        if (settings.RepetitionPenalty != 1 && seen is not null)
        {
            logits.CopyTo(changed);
            Penalise(changed, seen, (float)settings.RepetitionPenalty);
            scores = changed.AsSpan(0, vocabulary);
        }
        if (settings.NeverDrawn.Count > 0)
        {
            scores.CopyTo(changed);
            foreach (var id in settings.NeverDrawn)
                changed[id] = float.NegativeInfinity;
            scores = changed.AsSpan(0, vocabulary);
        }
        if (settings.Greedy)
        {
            var best = IndexOfMax(scores);
            return new Draw(best, logits[best] - normaliser, 0);
        }
        var count = Keep(scores, temperature);
        var (at, drawn) = DrawFrom(count, uniform);
        return new Draw(ids[at], logits[ids[at]] / temperature - normaliser, drawn, settings.KeepSets ? ids[..count] : null);
    }

    /// <summary>The probabilities after penalty, temperature, top-k and top-p; for comparing with the reference.</summary>
    public float[] Probabilities(ReadOnlySpan<float> logits, IReadOnlyCollection<int>? seen)
    {
        var (scores, kept, ids) = Scratch();
        logits.CopyTo(scores);
        if (seen is not null)
            Penalise(scores, seen, (float)settings.RepetitionPenalty);
        var count = Keep(scores.AsSpan(0, vocabulary), (float)settings.Temperature);
        var result = new float[vocabulary];
        var normaliser = LogSumExp(kept.AsSpan(0, count), 1);
        for (var i = 0; i < count; i++)
            result[ids[i]] = MathF.Exp(kept[i] - normaliser);
        return result;
    }

    internal static void Penalise(Span<float> scores, IEnumerable<int> seen, float penalty)
    {
        foreach (var id in seen)
            scores[id] = scores[id] < 0 ? scores[id] * penalty : scores[id] / penalty;
    }

    /// <summary>Fills ids and scaled scores of the tokens that stay in the draw, likeliest first where any were cut.</summary>
    private int Keep(ReadOnlySpan<float> scores, float temperature)
    {
        var count = settings.TopK > 0 && settings.TopK < scores.Length ? KeepTopK(scores, temperature) : KeepAll(scores, temperature);
        return settings.TopP < 1 ? KeepTopP(count) : count;
    }

    private int KeepAll(ReadOnlySpan<float> scores, float temperature)
    {
        var (_, kept, ids) = Scratch();
        for (var i = 0; i < scores.Length; i++)
            (kept[i], ids[i]) = (scores[i] / temperature, i);
        return scores.Length;
    }

    /// <summary>Everything at least as likely as the k-th token; equals of the k-th stay too, as in the reference.</summary>
    private int KeepTopK(ReadOnlySpan<float> scores, float temperature)
    {
        var threshold = KthLargest(scores, settings.TopK);
        var (_, kept, ids) = Scratch();
        var count = 0;
        for (var start = 0; start < scores.Length; start += Block)
        {
            var some = scores.Slice(start, Math.Min(Block, scores.Length - start));
            if (!AnyFrom(some, threshold))
                continue;
            for (var i = 0; i < some.Length; i++)
            {
                if (some[i] >= threshold)
                    (kept[count], ids[count++]) = (some[i] / temperature, start + i);
            }
        }
        return count;
    }

    private int KeepTopP(int count)
    {
        var kept = Scratch().Kept.AsSpan(0, count);
        var ids = Scratch().Ids.AsSpan(0, count);
        kept.Sort(ids, static (a, b) => b.CompareTo(a));
        // Equals in the order of their ids, wherever the draw is made; in bfloat16 there are many.
        for (int start = 0, end; start < count; start = end)
        {
            for (end = start + 1; end < count && kept[end] == kept[start];)
                end++;
            ids[start..end].Sort();
        }
        var normaliser = LogSumExp(kept, 1);
        double sum = 0;
        for (var i = 0; i < count; i++)
        {
            sum += Math.Exp(kept[i] - normaliser);
            if (sum >= settings.TopP)
                return i + 1;
        }
        return count;
    }

    private (int At, float LogProb) DrawFrom(int count, double uniform)
    {
        var kept = Scratch().Kept.AsSpan(0, count);
        var normaliser = LogSumExp(kept, 1);
        double sum = 0;
        var last = 0;
        for (var i = 0; i < count; i++)
        {
            var probability = Math.Exp(kept[i] - normaliser);
            if (probability == 0)
                continue;
            last = i;
            sum += probability;
            if (uniform < sum)
                break;
        }
        return (last, kept[last] - normaliser);
    }

    private float KthLargest(ReadOnlySpan<float> scores, int k)
    {
        // A heap of the k best, its smallest on top.
        var heap = Scratch().Kept.AsSpan(0, k);
        scores[..k].CopyTo(heap);
        for (var i = k / 2 - 1; i >= 0; i--)
            SiftDown(heap, i);
        for (var start = k; start < scores.Length; start += Block)
        {
            var some = scores.Slice(start, Math.Min(Block, scores.Length - start));
            if (!AnyFrom(some, heap[0]))
                continue;
            foreach (var score in some)
            {
                if (score <= heap[0])
                    continue;
                heap[0] = score;
                SiftDown(heap, 0);
            }
        }
        return heap[0];
    }

    /// <summary>Whether one of up to <see cref="Block"/> scores reaches a threshold: most blocks of a vocabulary have none.</summary>
    private static bool AnyFrom(ReadOnlySpan<float> scores, float threshold) =>
        scores.Length < Block || Vector256.GreaterThanOrEqualAny(Vector256.Create(scores), Vector256.Create(threshold));

    private static void SiftDown(Span<float> heap, int at)
    {
        var value = heap[at];
        for (int child; (child = 2 * at + 1) < heap.Length; at = child)
        {
            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
                child++;
            if (heap[child] >= value)
                break;
            heap[at] = heap[child];
        }
        heap[at] = value;
    }

    private static int IndexOfMax(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
                best = i;
        }
        return best;
    }

    private static float Largest(ReadOnlySpan<float> values)
    {
        var max = float.NegativeInfinity;
        var i = 0;
        if (values.Length >= Block)
        {
            var largest = Vector256.Create(values[..Block]);
            for (; i + Block <= values.Length; i += Block)
                largest = Vector256.Max(largest, Vector256.Create(values.Slice(i, Block)));
            for (var lane = 0; lane < Block; lane++)
                max = Math.Max(max, largest[lane]);
        }
        for (; i < values.Length; i++)
            max = Math.Max(max, values[i]);
        return max;
    }

    /// <summary>log(sum(exp(value / temperature))).</summary>
    internal static float LogSumExp(ReadOnlySpan<float> values, float temperature)
    {
        var max = Largest(values) / temperature;
        double sum = 0;
        var i = 0;
        var (by, top) = (Vector256.Create(temperature), Vector256.Create(max));
        for (; i + Block <= values.Length; i += Block)
            sum += Vector256.Sum(Vector256.Exp(Vector256.Create(values.Slice(i, Block)) / by - top));
        for (; i < values.Length; i++)
            sum += MathF.Exp(values[i] / temperature - max);
        return max + (float)Math.Log(sum);
    }
}
