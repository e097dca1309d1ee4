namespace SggLab.SceneGraphs.Metrics;

/// <summary>Mean recall over predicates (<c>SGMeanRecall</c>): per image and predicate the share found, then the mean over images.</summary>
internal sealed class PredicateRecall(int predicates)
{
    private readonly double[] _sums = new double[(predicates + 1) * AtK.Ks.Count];
    private readonly int[] _images = new int[predicates + 1];

    /// <summary>Adds an image. <paramref name="firstRows"/> null: nothing was found.</summary>
    public void Add(PredictedRelation[] relations, int[]? firstRows)
    {
        var counts = new int[predicates + 1];
        var hits = new int[counts.Length * 3];
        for (var i = 0; i < relations.Length; i++)
        {
            var predicate = relations[i].Predicate;
            counts[predicate]++;
            for (var k = 0; k < 3 && firstRows is not null; k++)
                if (firstRows[i] < AtK.Ks[k]) hits[predicate * 3 + k]++;
        }
        for (var predicate = 1; predicate <= predicates; predicate++)
        {
            if (counts[predicate] == 0) continue;
            _images[predicate]++;
            for (var k = 0; k < 3; k++) _sums[predicate * 3 + k] += hits[predicate * 3 + k] / (double)counts[predicate];
        }
    }

    public int Images(int predicate) => _images[predicate];

    public int PredicatesSeen => _images.Count(i => i > 0);

    /// <summary>0 for a predicate that no image has.</summary>
    public AtK Of(int predicate)
    {
        var images = Math.Max(1, _images[predicate]);
        return new AtK(_sums[predicate * 3] / images, _sums[predicate * 3 + 1] / images, _sums[predicate * 3 + 2] / images);
    }

    /// <summary>The mean over all predicates, absent ones as 0, or over those seen.</summary>
    public AtK Mean(bool onlySeen)
    {
        var count = onlySeen ? PredicatesSeen : predicates;
        return AtK.Of(k => Enumerable.Range(1, predicates).Sum(p => Of(p)[k]) / count);
    }
}
