using SggLab.SceneGraphs.Buffers;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>One class over all images: its detections in order, with what each matched at each threshold and size range.</summary>
internal sealed class CocoClass
{
    public const int Thresholds = 10;
    public const int Areas = 4;
    private const int RecallPoints = 101;
    private const double Spacing = 2.220446049250313e-16;

    // Bits are thresholds. A detection of rank r in its image counts for at most r detections an image.
    private readonly List<(ushort Matched, ushort Ignored, byte Rank)>[] _scored = NewLists();
    private readonly List<(ushort Matched, ushort Ignored, byte Rank)>[] _unscored = NewLists();

    /// <summary>True objects in each size range.</summary>
    public int[] Truths { get; } = new int[Areas];

    public int Detections50 { get; private set; }
    public bool HasDetection { get; private set; }

    private static List<(ushort, ushort, byte)>[] NewLists() => [[], [], [], []];

    public void Add(int area, bool isScored, int rank, ushort matched, ushort ignored)
    {
        (isScored ? _scored : _unscored)[area].Add((matched, ignored, (byte)rank));
        if ((ignored & 1) == 0) Detections50++;
        if (ignored != (1 << Thresholds) - 1) HasDetection = true;
    }

    /// <summary>Recall at a threshold with at most <paramref name="maxDetections"/> an image.</summary>
    public double Recall(int threshold, int area, int maxDetections)
    {
        var found = 0;
        foreach (var list in (ReadOnlySpan<List<(ushort Matched, ushort Ignored, byte Rank)>>)[_scored[area], _unscored[area]])
            foreach (var (matched, ignored, rank) in list)
                if (rank < maxDetections && ((matched & ~ignored) >> threshold & 1) == 1) found++;
        return found / (double)Truths[area];
    }

    /// <summary>The mean of the interpolated precision at the 101 recall points, as a sum.</summary>
    public double PrecisionSum(int threshold, int area, ref double[] precisions, ref double[] recalls)
    {
        var count = _scored[area].Count + _unscored[area].Count;
        Scratch.Fit(ref precisions, count);
        Scratch.Fit(ref recalls, count);
        // Ignored detections stay in the curve as repeats of the point before, as in the original.
        int found = 0, wrong = 0, n = 0;
        foreach (var list in (ReadOnlySpan<List<(ushort Matched, ushort Ignored, byte Rank)>>)[_scored[area], _unscored[area]])
        {
            foreach (var (matched, ignored, _) in list)
            {
                if ((ignored >> threshold & 1) == 0)
                {
                    if ((matched >> threshold & 1) == 1) found++;
                    else wrong++;
                }
                recalls[n] = found / (double)Truths[area];
                precisions[n++] = found / (wrong + (double)found + Spacing);
            }
        }
        for (var i = n - 1; i > 0; i--) precisions[i - 1] = Math.Max(precisions[i - 1], precisions[i]);
        var sum = 0.0;
        var at = 0;
        for (var point = 0; point < RecallPoints; point++)
        {
                        while (at < n && recalls[at] < point * 0.01) at++;
            if (at == n) break;
            sum += precisions[at];
        }
        return sum;
    }
}
