using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>The recalls that <c>vg150_eval.py</c> works out itself, over all relations and image by image.</summary>
internal static class PooledRecall
{
    public static PooledFigures Pool(List<EvaluatedImage> images)
    {
        var predicates = new Tally();
        foreach (var image in images)
            for (var i = 0; i < image.Found.Length; i++) predicates.Add(PredicateOf(image, i), image.Found[i] ? 1 : 0);
        var perPredicate = predicates.Rows.Select(r => new PooledPredicate(r.Name, r.Count, r.Mean, Round(r.Mean))).ToList();
        var relations = images.Sum(i => i.Found.Length);
        return new PooledFigures(relations, images.Sum(i => i.Found.Count(f => f)) / (double)relations, MeanOf(perPredicate.Select(p => p.RecallRounded)), perPredicate);
    }

    public static PerImageFigures Average(List<EvaluatedImage> images)
    {
        var predicates = new Tally();
        var recalls = new List<double>();
        foreach (var image in images)
        {
            if (image.Found.Length == 0) continue;
            recalls.Add(image.Found.Count(f => f) / (double)image.Found.Length);
            var own = new Tally();
            for (var i = 0; i < image.Found.Length; i++) own.Add(PredicateOf(image, i), image.Found[i] ? 1 : 0);
            foreach (var row in own.Rows) predicates.Add(row.Name, row.Mean);
        }
        var perPredicate = predicates.Rows.Select(r => new PerImagePredicate(r.Name, Round(r.Mean))).ToList();
        return new PerImageFigures(recalls.Count, MeanOf(recalls), MeanOf(perPredicate.Select(p => p.RecallRounded)), perPredicate);
    }

    private static string PredicateOf(EvaluatedImage image, int relation) => GraphNames.Refine(image.Truth.Image.Graph.Relationships[relation].Predicate);

    // numpy's round: scaled, to even, scaled back.
    private static double Round(double value) => Math.Round(value * 10000, MidpointRounding.ToEven) / 10000;

    private static double MeanOf(IEnumerable<double> values)
    {
        var (sum, count) = (0.0, 0);
        foreach (var value in values)
        {
            sum += value;
            count++;
        }
        return sum / count;
    }

    /// <summary>Means by name, in the order in which the names came first.</summary>
    private sealed class Tally
    {
        private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);

        public List<(string Name, int Count, double Mean)> Rows => [.. _rows.Select(r => (r.Name, r.Count, r.Sum / r.Count))];

        private readonly List<(string Name, int Count, double Sum)> _rows = [];

        public void Add(string name, double value)
        {
            if (!_indices.TryGetValue(name, out var index))
            {
                _indices[name] = index = _rows.Count;
                _rows.Add((name, 0, 0));
            }
            var row = _rows[index];
            _rows[index] = (name, row.Count + 1, row.Sum + value);
        }
    }
}
