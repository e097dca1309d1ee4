namespace SggLab.SceneGraphs.Metrics;

/// <summary>Every figure of an evaluation. Figures are in [0,1] unless they say percent; NaN where nothing was counted.</summary>
public sealed record EvaluationReport
{
    public required string Vocabulary { get; init; }
    public required string Protocol { get; init; }

    /// <summary>Predicates of the vocabulary.</summary>
    public required int PredicateCount { get; init; }

    /// <summary>Images of the ground truth.</summary>
    public required int ImageCount { get; init; }
    public required int PredictionCount { get; init; }
    public required FailureFigures Failure { get; init; }

    /// <summary>Images with at least one object that leads to the vocabulary.</summary>
    public required int ValidPredictions { get; init; }
    public required PooledFigures Pooled { get; init; }
    public required PerImageFigures PerImage { get; init; }
    public required SgdetFigures Sgdet { get; init; }
    public required CocoFigures Coco { get; init; }

    /// <summary>The same figures where a quirk of the reference distorts them.</summary>
    public required CorrectedFigures Corrected { get; init; }

    /// <summary>Objects dropped because a coordinate is not finite; always 0 under the reference protocol, which keeps them.</summary>
    public required int NonFiniteBoxes { get; init; }

    /// <summary>An image each, in the order of the ground truth.</summary>
    public required IReadOnlyList<ImageFigures> Images { get; init; }
}

/// <summary>Completions that were no scene graph.</summary>
/// <param name="RatePercent">Rounded to four decimals, as the reference prints it.</param>
/// <param name="ByKind">How many failed in which way, by the kind's name.</param>
public sealed record FailureFigures(int Failed, int Total, double RatePercent, IReadOnlyDictionary<string, int> ByKind);

/// <summary>Relations of all images thrown together (<c>whole ngR</c>).</summary>
/// <param name="MeanRecallPrinted">Mean over the predicates seen, each rounded to four decimals first.</param>
public sealed record PooledFigures(int Relations, double Recall, double MeanRecallPrinted, IReadOnlyList<PooledPredicate> PerPredicate);

public sealed record PooledPredicate(string Predicate, int Relations, double Recall, double RecallRounded);

/// <summary>The pooled loop's recall, averaged image by image.</summary>
public sealed record PerImageFigures(int Images, double Recall, double MeanRecallPrinted, IReadOnlyList<PerImagePredicate> PerPredicate);

public sealed record PerImagePredicate(string Predicate, double RecallRounded);

/// <summary>A recall at 20, 50 and 100 relations.</summary>
public readonly record struct AtK(double At20, double At50, double At100)
{
    public static IReadOnlyList<int> Ks { get; } = [20, 50, 100];

    public double this[int k] => k switch
    {
        20 => At20,
        50 => At50,
        100 => At100,
        _ => throw new ArgumentOutOfRangeException(nameof(k), k, "Recall is worked out at 20, 50 and 100."),
    };

    internal static AtK Of(Func<int, double> at) => new(at(20), at(50), at(100));
}

/// <summary>The usual scene graph detection recalls (<c>SggEvaluator</c>).</summary>
/// <param name="ZeroShot">Null where the vocabulary has no zero-shot list.</param>
public sealed record SgdetFigures(
    AtK Recall,
    AtK NoGraphRecall,
    AtK? ZeroShot,
    AtK? NoGraphZeroShot,
    AtK MeanRecall,
    AtK NoGraphMeanRecall,
    int ImagesCounted,
    int ZeroShotImagesCounted,
    IReadOnlyList<SgdetPredicate> PerPredicate);

/// <param name="Images">Counted images that have the predicate.</param>
public sealed record SgdetPredicate(string Predicate, int Images, AtK MeanRecall, AtK NoGraphMeanRecall);

/// <param name="Recall">Every image with true relations counts: one without a usable relation or without a prediction as 0.</param>
/// <param name="MeanRecall">Over the predicates that the data set has, with every image counted.</param>
/// <param name="Coco">The first object can be found too, and images without a prediction count.</param>
public sealed record CorrectedFigures(int ImagesCounted, AtK Recall, int PredicatesCounted, AtK MeanRecall, CocoFigures Coco);

/// <summary>One image.</summary>
/// <param name="Failure">Kind of failure; null for a graph or where there is no prediction.</param>
/// <param name="PooledRecall">Share of its relations that the pooled loop found; null for an image without relations.</param>
/// <param name="Recall">Null where the image is not counted (see docs/metrics.md).</param>
/// <param name="CorrectedRecall">As Recall, with 0 where the reference leaves the image out; null only for an image without relations.</param>
public sealed record ImageFigures(string ImageId, bool HasPrediction, string? Failure, double? PooledRecall, AtK? Recall, AtK? NoGraphRecall, AtK? CorrectedRecall)
{
    /// <summary>Predicate label and the first row that finds it (or int.MaxValue), a true relation each: what mean recall is resampled from.</summary>
    internal IReadOnlyList<(int Predicate, int FirstRow)> Relations { get; init; } = [];
}
