using SggLab.SceneGraphs.Buffers;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>A detection: all scores are 1, but for the stand-in of a failed image.</summary>
internal readonly record struct Detection(int Label, Box Box, bool IsScored);

/// <summary>COCO's box evaluation (<c>cocoeval.py</c>) for predictions without scores: order is images by id, then as written.</summary>
internal sealed class CocoEvaluator(Vocabulary vocabulary, bool firstAnnotationIsLost)
{
    private const int MaxDetections = 100;
    private static readonly (double Least, double Most)[] AreaRanges = [(0, 1e10), (0, 32 * 32), (32 * 32, 96 * 96), (96 * 96, 1e10)];
    private static readonly double[] IouThresholds = [.. Enumerable.Range(0, CocoClass.Thresholds).Select(i => i * ((0.95 - 0.5) / 9) + 0.5)];

    private readonly Dictionary<int, CocoClass> _classes = [];
    private readonly List<int> _truthIndices = [];
    private readonly List<Detection> _detections = [];
    private double[] _ious = [];
    private bool[] _taken = [];
    private bool[] _ignoredTruth = [];
    private int[] _order = [];

    /// <summary>Adds an image; call in the order of image ids.</summary>
    public void Add(TrueGraph truth, IReadOnlyList<Detection> detections)
    {
        var done = new bool[vocabulary.Objects.Count];
        foreach (var label in truth.Labels) AddOnce(label, done, truth, detections);
        foreach (var detection in detections) AddOnce(detection.Label, done, truth, detections);
    }

    private void AddOnce(int label, bool[] done, TrueGraph truth, IReadOnlyList<Detection> detections)
    {
        var index = label - vocabulary.FirstObjectLabel;
        if (index < 0 || done[index]) return;
        done[index] = true;
        AddClass(label, truth, detections);
    }

    private void AddClass(int label, TrueGraph truth, IReadOnlyList<Detection> detections)
    {
        _truthIndices.Clear();
        _detections.Clear();
        for (var i = 0; i < truth.Labels.Length; i++)
            if (truth.Labels[i] == label) _truthIndices.Add(i);
        for (var i = 0; i < detections.Count && _detections.Count < MaxDetections; i++)
            if (detections[i].Label == label) _detections.Add(detections[i]);
        if (!_classes.TryGetValue(label, out var all)) _classes[label] = all = new CocoClass();
        ComputeIous(truth);
        for (var area = 0; area < AreaRanges.Length; area++) Match(truth, area, all);
    }

    private void ComputeIous(TrueGraph truth)
    {
        Scratch.Fit(ref _ious, _truthIndices.Count * _detections.Count);
        Scratch.Fit(ref _taken, _truthIndices.Count);
        Scratch.Fit(ref _ignoredTruth, _truthIndices.Count);
        Scratch.Fit(ref _order, _truthIndices.Count);
        for (var d = 0; d < _detections.Count; d++)
            for (var g = 0; g < _truthIndices.Count; g++)
                _ious[d * _truthIndices.Count + g] = Iou(_detections[d].Box, truth.Image.Graph.Objects[_truthIndices[g]].Box);
    }

    // maskApi.c: fmin and fmax pass over a NaN, so that a box with one has an IoU of NaN, which no comparison refuses.
    private static double Iou(in Box detected, in Box known)
    {
        var (dx, dy, dw, dh) = Corner(detected);
        var (gx, gy, gw, gh) = (known.X1, known.Y1, known.Width, known.Height);
        var w = FMin(dw + dx, gw + gx) - FMax(dx, gx);
        if (w <= 0) return 0;
        var h = FMin(dh + dy, gh + gy) - FMax(dy, gy);
        if (h <= 0) return 0;
        var intersection = w * h;
        return intersection / (dw * dh + gw * gh - intersection);
    }

    /// <summary>x, y, width and height, where the width and height were subtracted in float32.</summary>
    private static (double X, double Y, double Width, double Height) Corner(in Box box)
    {
        var (x, y) = ((float)box.X1, (float)box.Y1);
        return (x, y, (float)box.X2 - x, (float)box.Y2 - y);
    }

    private static double FMin(double a, double b) => double.IsNaN(a) ? b : double.IsNaN(b) ? a : Math.Min(a, b);

    private static double FMax(double a, double b) => double.IsNaN(a) ? b : double.IsNaN(b) ? a : Math.Max(a, b);

    private void Match(TrueGraph truth, int area, CocoClass all)
    {
        var (least, most) = AreaRanges[area];
        var truths = OrderTruths(truth, least, most);
        all.Truths[area] += truths;
        var matched = new ushort[_detections.Count];
        var ignored = new ushort[_detections.Count];
        for (var t = 0; t < IouThresholds.Length; t++)
        {
            Array.Clear(_taken);
            for (var d = 0; d < _detections.Count; d++)
            {
                var match = FindTruth(d, IouThresholds[t]);
                if (match < 0) continue;
                _taken[match] = true;
                if (_ignoredTruth[match]) ignored[d] |= (ushort)(1 << t);
                // The match is stored by the object's number, and the number 0 of the very first one reads as "none".
                if (!firstAnnotationIsLost || truth.FirstAnnotation + _truthIndices[match] != 0) matched[d] |= (ushort)(1 << t);
            }
        }
        for (var d = 0; d < _detections.Count; d++)
        {
            var (_, _, width, height) = Corner(_detections[d].Box);
            var size = width * height;
            if (size < least || size > most) ignored[d] |= (ushort)(~matched[d] & ((1 << CocoClass.Thresholds) - 1));
            all.Add(area, _detections[d].IsScored, d, matched[d], ignored[d]);
        }
    }

    // Objects outside the size range go last and count for nothing. Returns the number of the others.
    private int OrderTruths(TrueGraph truth, double least, double most)
    {
        var count = 0;
        for (var g = 0; g < _truthIndices.Count; g++)
        {
            var box = truth.Image.Graph.Objects[_truthIndices[g]].Box;
            var size = box.Height * box.Width;
            _ignoredTruth[g] = size < least || size > most;
            if (!_ignoredTruth[g]) _order[count++] = g;
        }
        var last = count;
        for (var g = 0; g < _truthIndices.Count; g++)
            if (_ignoredTruth[g]) _order[last++] = g;
        return count;
    }

    private int FindTruth(int detection, double threshold)
    {
        var best = threshold;
        var match = -1;
        for (var k = 0; k < _truthIndices.Count; k++)
        {
            var g = _order[k];
            if (_taken[g]) continue;
            if (match >= 0 && !_ignoredTruth[match] && _ignoredTruth[g]) break;
            var iou = _ious[detection * _truthIndices.Count + g];
            if (iou < best) continue;
            best = iou;
            match = g;
        }
        return match;
    }

    public CocoFigures Figures()
    {
        var (precisions, recalls) = (Array.Empty<double>(), Array.Empty<double>());
        var labels = _classes.Keys.Order().ToArray();
        var precisionSums = new double[AreaRanges.Length, CocoClass.Thresholds];
        var classCounts = new int[AreaRanges.Length];
        var perClass = new List<CocoClassFigures>();
        foreach (var label in labels)
        {
            var one = _classes[label];
            var ownSums = new double[CocoClass.Thresholds];
            for (var area = 0; area < AreaRanges.Length; area++)
            {
                if (one.Truths[area] == 0) continue;
                classCounts[area]++;
                for (var t = 0; t < CocoClass.Thresholds; t++)
                {
                    var sum = one.PrecisionSum(t, area, ref precisions, ref recalls);
                    precisionSums[area, t] += sum;
                    if (area == 0) ownSums[t] = sum;
                }
            }
            if (one.Truths.Sum() == 0 && !one.HasDetection) continue;
            var has = one.Truths[0] > 0;
            perClass.Add(new CocoClassFigures(label, vocabulary.ObjectName(label), has ? ownSums.Sum() / 1010 : null, has ? ownSums[0] / 101 : null,
                has ? one.Recall(0, 0, MaxDetections) : null, one.Truths.Sum(), one.Detections50));
        }
        return new CocoFigures
        {
            Ap = Precision(0),
            Ap50 = Precision(0, 0),
            Ap75 = Precision(0, 5),
            ApSmall = Precision(1),
            ApMedium = Precision(2),
            ApLarge = Precision(3),
            Ar1 = Recall(0, 1),
            Ar10 = Recall(0, 10),
            Ar100 = Recall(0, MaxDetections),
            ArSmall = Recall(1, MaxDetections),
            ArMedium = Recall(2, MaxDetections),
            ArLarge = Recall(3, MaxDetections),
            Ar50 = Recall(0, MaxDetections, 0),
            PerClass = perClass,
        };

        double Precision(int area, int? threshold = null)
        {
            if (classCounts[area] == 0) return -1;
            if (threshold is { } one) return precisionSums[area, one] / (101.0 * classCounts[area]);
            var sum = 0.0;
            for (var t = 0; t < CocoClass.Thresholds; t++) sum += precisionSums[area, t];
            return sum / (1010.0 * classCounts[area]);
        }

        double Recall(int area, int maxDetections, int? threshold = null)
        {
            if (classCounts[area] == 0) return -1;
            var sum = 0.0;
            foreach (var label in labels)
            {
                if (_classes[label].Truths[area] == 0) continue;
                for (var t = threshold ?? 0; t <= (threshold ?? CocoClass.Thresholds - 1); t++) sum += _classes[label].Recall(t, area, maxDetections);
            }
            return sum / (classCounts[area] * (threshold is null ? CocoClass.Thresholds : 1.0));
        }
    }
}
