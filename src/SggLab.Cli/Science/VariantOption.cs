using System.CommandLine;
using SggLab.SceneGraphs.Rewards;

namespace SggLab.Cli.Science;

/// <summary>The option that says which rewards count, and how much.</summary>
internal static class VariantOption
{
    public static Option<string?> Create() => new("--variant")
    {
        Description = $"The rewards of this variant, with their sum, instead of the reference's six: {string.Join(", ", RewardVariants.All.Select(v => v.Name))}.",
        HelpName = "NAME",
    };

    public static RewardVariant Of(string? given) => given is null ? RewardVariants.ReferenceSix : RewardVariants.Find(given);
}
