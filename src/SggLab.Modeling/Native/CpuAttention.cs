using TorchSharp;
using static TorchSharp.torch;

// Shapes: B rows of a batch, T tokens, H heads, K key-value heads, G = H / K, d head size.
namespace SggLab.Modeling;

/// <summary>Where the heads of a [B,T,H,d] tensor of f32 lie; each is contiguous.</summary>
internal readonly unsafe struct HeadRows(Tensor x)
{
    private readonly IntPtr _address = (IntPtr)TensorMemory.Address(x);
    private readonly long _row = x.stride(0), _token = x.stride(1), _head = x.stride(2);

    public float* At(int row, int token, int head) => (float*)_address + row * _row + token * _token + head * _head;
}

/// <summary>
/// Attention of f32 tokens over themselves and those before them, forward and back, in two thirds of the time that libtorch takes. Scores exist for
/// a few queries at a time. A key-value head of a row is one thread's work, so that the number of threads changes no bit.
/// </summary>
internal static unsafe class CpuAttention<V> where V : struct, ILanes<V>
{
    /// <summary>Queries of a kernel's call.</summary>
    private const int Four = 4;

    /// <summary>Queries that are worked on together.</summary>
    private const int Queries = 4 * Four;

    /// <summary>Keys and values that all of them meet before the next are fetched.</summary>
    private const int Tile = 2 * CpuSegment.KeyBlock;

    /// <param name="logSums">[B,K,T,G], filled with the logarithm of each query's sum of exponentials.</param>
    /// <param name="result">[B,T,H,d], contiguous.</param>
    public static void Forward(Tensor q_BTHd, Tensor k_BTKd, Tensor v_BTKd, Tensor logSums, Tensor result)
    {
        var (tokens, kvHeads, group, d) = ((int)q_BTHd.size(1), (int)k_BTKd.size(2), (int)(q_BTHd.size(2) / k_BTKd.size(2)), (int)q_BTHd.size(3));
        var (q, k, v, to, sums) = (new HeadRows(q_BTHd), new HeadRows(k_BTKd), new HeadRows(v_BTKd), new HeadRows(result), (IntPtr)TensorMemory.Address(logSums));
        TorchThreads.For((int)q_BTHd.size(0) * kvHeads, 1, unit =>
        {
            var (row, head) = (unit / kvHeads, unit % kvHeads);
            using var keys = KeyBlocks(k, row, head, tokens, d);
            using var values = Lines(v, row, head, tokens, d);
            using var work = new Work(tokens, group, d);
            var logs = (float*)sums + (long)unit * tokens * group;
            for (var first = 0; first < tokens * group; first += Queries)
            {
                work.Take(q, row, head, first);
                work.Score(work.Query, keys.Pointer, work.Scores);
                for (var n = 0; n < work.Filled; n++)
                {
                    var scores = work.Scores + n * work.Width;
                    var (seen, widest) = (work.Seen(n), work.Widest(n / Four));
                    new Span<float>(scores + seen, widest - seen).Fill(float.NegativeInfinity);
                    work.Sums[n] = CpuKernels<V>.Exponentials(scores, widest, out var largest);
                    work.LogSums[n] = largest + MathF.Log(work.Sums[n]);
                }
                work.Mix(work.Scores, values.Pointer);
                for (var n = 0; n < work.Count; n++)
                {
                    logs[first + n] = work.LogSums[n];
                    CpuKernels<V>.Multiply(work.Mixed + n * Padded(d), 1 / work.Sums[n], to.At(row, work.Token(n), work.Head(n)), d);
                }
            }
        });
    }

    /// <param name="toQ">[B,T,H,d], as the other results contiguous.</param>
    /// <param name="toK">[B,T,K,d]</param>
    /// <param name="toV">[B,T,K,d]</param>
    public static void Backward(Tensor gradient_BTHd, Tensor q_BTHd, Tensor k_BTKd, Tensor v_BTKd, Tensor logSums, Tensor toQ, Tensor toK, Tensor toV)
    {
        var (tokens, kvHeads, group, d) = ((int)q_BTHd.size(1), (int)k_BTKd.size(2), (int)(q_BTHd.size(2) / k_BTKd.size(2)), (int)q_BTHd.size(3));
        var (g, q, k, v, sums) = (new HeadRows(gradient_BTHd), new HeadRows(q_BTHd), new HeadRows(k_BTKd), new HeadRows(v_BTKd), (IntPtr)TensorMemory.Address(logSums));
        var (dq, dk, dv) = (new HeadRows(toQ), new HeadRows(toK), new HeadRows(toV));
        TorchThreads.For((int)q_BTHd.size(0) * kvHeads, 1, unit =>
        {
            var (row, head) = (unit / kvHeads, unit % kvHeads);
            using var keys = KeyBlocks(k, row, head, tokens, d);
            using var values = KeyBlocks(v, row, head, tokens, d);
            using var lines = Lines(k, row, head, tokens, d);
            using var keyGradients = new FloatBuffer(tokens, Padded(d));
            using var valueGradients = new FloatBuffer(tokens, Padded(d));
            new Span<float>(keyGradients.Pointer, tokens * Padded(d)).Clear();
            new Span<float>(valueGradients.Pointer, tokens * Padded(d)).Clear();
            using var work = new Work(tokens, group, d);
            var logs = (float*)sums + (long)unit * tokens * group;
            for (var first = 0; first < tokens * group; first += Queries)
            {
                work.Take(q, row, head, first);
                work.TakeGradient(g, row);
                work.Score(work.Query, keys.Pointer, work.Scores);
                work.Score(work.Gradient, values.Pointer, work.Slopes);
                for (var n = 0; n < work.Filled; n++)
                    // A query that fills up the last four counts nothing.
                    CpuKernels<V>.SoftmaxBack(work.Scores + n * work.Width, work.Slopes + n * work.Width, n < work.Count ? work.Seen(n) : 0, work.Widest(n / Four), logs[first + Math.Min(n, work.Count - 1)]);
                work.Mix(work.Slopes, lines.Pointer);
                for (var n = 0; n < work.Count; n++)
                    CpuKernels<V>.Multiply(work.Mixed + n * Padded(d), work.Scale, dq.At(row, work.Token(n), work.Head(n)), d);
                work.Spread(work.Slopes, work.Query, keyGradients.Pointer);
                work.Spread(work.Scores, work.Gradient, valueGradients.Pointer);
            }
            for (var t = 0; t < tokens; t++)
            {
                new ReadOnlySpan<float>(keyGradients.Row(t), d).CopyTo(new Span<float>(dk.At(row, t, head), d));
                new ReadOnlySpan<float>(valueGradients.Row(t), d).CopyTo(new Span<float>(dv.At(row, t, head), d));
            }
        });
    }

    /// <summary>Vectors of a head in the layout in which queries meet them: blocks of <see cref="CpuSegment.KeyBlock"/>, one line a dimension.</summary>
    private static FloatBuffer KeyBlocks(HeadRows x, int row, int head, int tokens, int d)
    {
        var blocks = (tokens + CpuSegment.KeyBlock - 1) / CpuSegment.KeyBlock;
        var result = new FloatBuffer(blocks, CpuSegment.KeyBlock * d);
        new Span<float>(result.Row(blocks - 1), CpuSegment.KeyBlock * d).Clear(); // Scores are computed past the last key.
        for (var t = 0; t < tokens; t++)
        {
            var from = x.At(row, t, head);
            var to = CpuSegment.Key(result.Pointer, t, d);
            for (var i = 0; i < d; i++)
                to[(long)i * CpuSegment.KeyBlock] = from[i];
        }
        return result;
    }

    /// <summary>Vectors of a head one after the other, [T, Padded(d)].</summary>
    private static FloatBuffer Lines(HeadRows x, int row, int head, int tokens, int d)
    {
        var result = new FloatBuffer(tokens, Padded(d));
        for (var t = 0; t < tokens; t++)
            Take(x.At(row, t, head), result.Row(t), d);
        return result;
    }

    /// <summary>A head's values in whole vectors of the processor: the rest is 0.</summary>
    private static int Padded(int d) => (d + V.Count - 1) / V.Count * V.Count;

    private static void Take(float* from, float* to, int d)
    {
        new ReadOnlySpan<float>(from, d).CopyTo(new Span<float>(to, d));
        new Span<float>(to + d, Padded(d) - d).Clear();
    }

    /// <summary>Some queries of a key-value head, counted token by token, head by head, and what is computed for them.</summary>
    private sealed class Work(int tokens, int group, int d) : IDisposable
    {
        private readonly FloatBuffer _memory = new(Queries, 3L * Padded(d) + 2 + 2L * WidthOf(tokens));
        private readonly int _padded = Padded(d);
        private int _first, _headsBefore;

        public float Scale { get; } = 1 / MathF.Sqrt(d);

        /// <summary>Values between the scores of one query and the next.</summary>
        public int Width => WidthOf(tokens);

        /// <summary>[Queries, Width]</summary>
        public float* Scores => _memory.Pointer;

        /// <summary>[Queries, Width]</summary>
        public float* Slopes => Scores + Queries * Width;

        /// <summary>[Queries, Padded(d)], scaled.</summary>
        public float* Query => Slopes + Queries * Width;

        /// <summary>[Queries, Padded(d)]</summary>
        public float* Gradient => Query + Queries * _padded;

        /// <summary>[Queries, Padded(d)]</summary>
        public float* Mixed => Gradient + Queries * _padded;

        /// <summary>[Queries]</summary>
        public float* Sums => Mixed + Queries * _padded;

        /// <summary>[Queries]</summary>
        public float* LogSums => Sums + Queries;

        /// <summary>Queries there are.</summary>
        public int Count { get; private set; }

        /// <summary>The same in whole fours: the last query fills them up.</summary>
        public int Filled => (Count + Four - 1) / Four * Four;

        public int Token(int n) => (_first + Math.Min(n, Count - 1)) / group;

        public int Head(int n) => _headsBefore + (_first + Math.Min(n, Count - 1)) % group;

        /// <summary>Tokens that a query looks at.</summary>
        public int Seen(int n) => Token(n) + 1;

        /// <summary>Tokens that one of the queries of a four looks at.</summary>
        public int Widest(int four) => Seen(four * Four + Four - 1);

        public void Take(HeadRows q, int row, int kvHead, int first)
        {
            (_first, _headsBefore, Count) = (first, kvHead * group, Math.Min(Queries, tokens * group - first));
            for (var n = 0; n < Filled; n++)
            {
                CpuAttention<V>.Take(q.At(row, Token(n), Head(n)), Query + n * _padded, d);
                CpuKernels<V>.Multiply(Query + n * _padded, Scale, Query + n * _padded, d);
            }
        }

        public void TakeGradient(HeadRows gradient, int row)
        {
            for (var n = 0; n < Filled; n++)
                CpuAttention<V>.Take(gradient.At(row, Token(n), Head(n)), Gradient + n * _padded, d);
        }

        /// <summary>What each of the rows [Queries, Padded(d)] makes with each of the blocks' vectors.</summary>
        public void Score(float* rows, float* blocks, float* scores)
        {
            for (var start = 0; start < Widest(Filled / Four - 1); start += Tile)
            for (var four = 0; four < Filled / Four; four++)
            {
                var row = rows + four * Four * _padded;
                if (Math.Min(Tile, Widest(four) - start) is > 0 and var count)
                    CpuKernels<V>.Scores(row, row + _padded, row + 2 * _padded, row + 3 * _padded, CpuSegment.Key(blocks, start, d), count, d, scores + four * Four * Width + start, Width);
            }
        }

        /// <summary>The sum of the lines [T, Padded(d)] by the weights of each query.</summary>
        public void Mix(float* weights, float* lines)
        {
            new Span<float>(Mixed, Queries * _padded).Clear();
            for (var start = 0; start < Widest(Filled / Four - 1); start += Tile)
            for (var four = 0; four < Filled / Four; four++)
            {
                if (Math.Min(Tile, Widest(four) - start) is > 0 and var count)
                    CpuKernels<V>.Mix(weights + four * Four * Width + start, Width, lines + (long)start * _padded, count, _padded, Mixed + four * Four * _padded);
            }
        }

        /// <summary>Adds to each of the sums [T, Padded(d)] the rows [Queries, Padded(d)] by its weights.</summary>
        public void Spread(float* weights, float* rows, float* sums)
        {
            for (var start = 0; start < Widest(Filled / Four - 1); start += Tile)
            for (var four = 0; four < Filled / Four; four++)
            {
                if (Math.Min(Tile, Widest(four) - start) is > 0 and var count)
                    CpuKernels<V>.Spread(weights + four * Four * Width + start, Width, rows + four * Four * _padded, count, _padded, sums + (long)start * _padded);
            }
        }

        public void Dispose() => _memory.Dispose();

        private static int WidthOf(int tokens) => (tokens / CpuSegment.KeyBlock + 1) * CpuSegment.KeyBlock;
    }
}
