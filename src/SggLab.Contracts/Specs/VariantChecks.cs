namespace SggLab.Contracts.Specs;

/// <summary>Bounds of a reward variant of one's own.</summary>
internal static class VariantChecks
{
    /// <summary>A run's own variant: it belongs to method grpo, and the run names it.</summary>
    public static void Check(RunSpec run, VariantSpec own, SpecCheck check)
    {
        check.That(run.Method is RunMethod.Grpo, "own_variant", $"only a grpo run has a reward variant, the run's method is {SpecBinder.YamlName(run.Method.ToString())}; remove it");
        check.That(run.Variant == own.Name, "variant", $"with own_variant give its name ('{own.Name}'), or leave this out; given was '{run.Variant}'");
        Check(own, check, "own_variant.");
    }

    /// <summary>One name stands for one variant in an experiment: boards show nothing else of it.</summary>
    public static IReadOnlyList<SpecProblem> CheckNames(IReadOnlyList<RunSpec> runs) =>
    [
        .. runs.Select((run, i) => (Own: run.OwnVariant, At: i)).Where(run => run.Own is not null).GroupBy(run => run.Own!.Name, StringComparer.Ordinal)
            .SelectMany(named => named.Where(run => ContentHash.OfJson(run.Own) != ContentHash.OfJson(named.First().Own))
                .Select(run => new SpecProblem($"runs[{run.At}].own_variant.name", $"runs[{named.First().At}] has another variant of the name '{named.Key}'; give each its own name."))),
    ];

    public static void Check(VariantSpec own, SpecCheck check, string at = "")
    {
        check.That(SpecValidation.IsName(own.Name), at + "name", $"a variant's name has 1 to 80 letters, digits, '.', '_' or '-', and starts with a letter or digit; given was '{own.Name}'");
        check.That(!VariantRewards.ByName.ContainsKey(own.Name), at + "name", $"'{own.Name}' is a published variant, whose figures must stay comparable; choose another name");
        Weights(own.Rewards, at + "rewards", "reward", check);
        var unknown = own.Rewards.Where(reward => reward is not null && !VariantRewards.Known.Contains(reward.Name)).Select(reward => $"'{reward.Name}'").ToList();
        check.That(unknown.Count == 0, at + "rewards", $"there is no reward {string.Join(", ", unknown)}; known are {string.Join(", ", VariantRewards.Known)}");
        check.That(own.Rewards.Any(reward => reward is { Weight: not 0 }), at + "rewards", "name at least one reward with a factor that is not 0, such as edge_hard: 1");
        Weights(own.PredicateWeights, at + "predicate_weights", "predicate", check);
        check.That(own.PredicateWeights.All(predicate => predicate is null or { Weight: >= 0 }), at + "predicate_weights", "give weights of 0 or more");
        Share(own.IouThreshold, "iou_threshold");
        Share(own.RecallShare, "recall_share");
        Share(own.FineShare, "fine_share");
        check.That(own.AlikeSimilarity is >= -1 and <= 1, at + "alike_similarity", $"give a similarity, -1 to 1; given was {own.AlikeSimilarity}");
        foreach (var (name, value) in ((string, double)[])[("format_weight", own.FormatWeight), ("node_weight", own.NodeWeight), ("edge_weight", own.EdgeWeight),
            ("semantic_cost", own.SemanticCost), ("overlap_cost", own.OverlapCost), ("distance_cost", own.DistanceCost)])
            check.That(value is >= 0 and <= 1e6, at + name, $"give 0 to 1000000; given was {value}");
        check.That(own.OverlapCost + own.DistanceCost > 0, at + "overlap_cost", "node_box divides by overlap_cost + distance_cost; give one of them more than 0");
        check.That(own.LengthFree >= 0, at + "length_free", $"give 0 or more characters; given was {own.LengthFree}");
        check.That(own.LengthMost > own.LengthFree, at + "length_most", $"give more than length_free ({own.LengthFree}); given was {own.LengthMost}");

        void Share(double value, string name) => check.That(value is >= 0 and <= 1, at + name, $"give 0 to 1; given was {value}");
    }

    private static void Weights(IReadOnlyList<NamedWeight> weights, string field, string what, SpecCheck check)
    {
        check.That(weights.All(weight => weight is not null && !string.IsNullOrWhiteSpace(weight.Name) && double.IsFinite(weight.Weight)), field, $"give a line '{what}: number' each");
        // Predicates are compared so; what only the rewards' own rule tells apart is refused when the run starts.
        var twice = weights.Where(weight => weight?.Name is not null).GroupBy(weight => what == "reward" ? weight.Name : weight.Name.Replace('_', ' ').Replace('-', ' ').Trim().ToLowerInvariant(), StringComparer.Ordinal).Where(named => named.Count() > 1).Select(named => $"'{named.Key}'").ToList();
        check.That(twice.Count == 0, field, $"{string.Join(", ", twice)} is given twice; keep one");
    }
}
