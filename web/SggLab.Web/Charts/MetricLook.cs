namespace SggLab.Web.Charts;

/// <summary>How a metric is titled and where it stands among the others. Names are TRL's; one that is not known gets its own name as the title.</summary>
public sealed record MetricLook(string Name, string Title, string Group, int Order, string? Hint)
{
    public const string Rewards = "Rewards", Policy = "Loss and policy", Lengths = "Completions", Machine = "Optimizer and speed", Others = "Other";

    private static readonly string[] s_groups = [Rewards, Policy, Lengths, Machine, Others];

    private static readonly MetricLook[] s_known =
    [
        new("reward", "Reward", Rewards, 0, "Mean total reward of a step's rollouts"),
        new("reward_std", "Reward deviation", Rewards, 1, "Deviation of the rewards within a group: where it is 0, nothing is learned"),
        new("frac_reward_zero_std", "Groups that teach nothing", Rewards, 2, "Share of the groups whose rewards are all equal"),
        new("loss", "Loss", Policy, 0, null),
        new("kl", "KL to the start", Policy, 1, "Divergence of the policy from the weights it started from"),
        new("entropy", "Entropy (nats)", Policy, 2, "Mean entropy of the next token"),
        new("clip_ratio", "Clipped ratios", Policy, 3, "Share of the tokens whose probability ratio was clipped"),
        new("clip_ratio/region_mean", "Clipped ratios", Policy, 3, "Share of the tokens whose probability ratio was clipped"),
        new("clip_ratio/low_mean", "Clipped below", Policy, 4, "Share of the tokens whose ratio was clipped at its lower bound"),
        new("clip_ratio/high_mean", "Clipped above", Policy, 5, "Share of the tokens whose ratio was clipped at its upper bound"),
        new("mean_token_accuracy", "Token accuracy", Policy, 6, "Share of the answer's tokens that the model would have chosen"),
        new("completions/mean_length", "Mean length (tokens)", Lengths, 0, "Tokens of a completion"),
        new("completions/mean_terminated_length", "Mean length, ended (tokens)", Lengths, 1, "Tokens of the completions that ended by themselves"),
        new("completions/max_length", "Longest (tokens)", Lengths, 2, "Tokens of a step's longest completion"),
        new("completions/min_length", "Shortest (tokens)", Lengths, 3, "Tokens of a step's shortest completion"),
        new("completions/clipped_ratio", "Cut off", Lengths, 4, "Share of the completions that reached the limit"),
        new("grad_norm", "Gradient norm", Machine, 0, "Before clipping"),
        new("learning_rate", "Learning rate", Machine, 1, null),
        new("tokens_per_second", "Tokens per second", Machine, 2, null),
        new("step_time", "Seconds a step", Machine, 3, null),
        new("step_seconds", "Seconds a step", Machine, 3, null),
        new("epoch", "Epoch", Machine, 4, "Passes over the training data"),
        new("num_tokens", "Tokens so far", Machine, 5, "Tokens of all completions with their prompts; in SFT, those that are taught"),
        new("sampling/sampling_logp_difference/mean", "Sampler's difference, mean", Others, 0, "How far the log-probabilities at sampling and at training are apart: the two ways to run the model should agree"),
        new("sampling/sampling_logp_difference/max", "Sampler's difference, largest", Others, 1, "The largest difference of a token's log-probability at sampling and at training"),
    ];

    public static MetricLook Of(string name)
    {
        if (s_known.FirstOrDefault(metric => metric.Name == name) is { } known)
            return known;
        var (group, words) = name.Split('/', 2) is ["rewards", var part] ? (Rewards, Part(part))
            : name.StartsWith("clip_ratio", StringComparison.Ordinal) ? (Policy, name)
            : name.StartsWith("completions/", StringComparison.Ordinal) ? (Lengths, name["completions/".Length..])
            : (Others, name);
        words = words.Replace('_', ' ').Replace('/', ' ');
        return new MetricLook(name, char.ToUpperInvariant(words[0]) + words[1..], group, 100, null);
    }

    /// <summary>edge_hard/mean becomes "edge hard: mean".</summary>
    private static string Part(string name) => name.Split('/') is [var reward, var figure] ? $"{reward}: {(figure == "std" ? "deviation" : figure)}" : "Reward: " + name;

    /// <summary>The metrics as a page shows them: group by group, the telling ones first.</summary>
    public static IReadOnlyList<MetricGroup> Arrange(IEnumerable<string> names) =>
    [
        .. names.Distinct().Where(name => name.Length > 0).Select(Of).GroupBy(metric => metric.Group).OrderBy(group => Array.IndexOf(s_groups, group.Key))
            .Select(group => new MetricGroup(group.Key, [.. group.OrderBy(metric => metric.Order).ThenBy(metric => metric.Name, StringComparer.Ordinal)])),
    ];
}

public sealed record MetricGroup(string Name, IReadOnlyList<MetricLook> Metrics);
