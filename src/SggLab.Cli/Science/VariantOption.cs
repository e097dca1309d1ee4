using System.CommandLine;
using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.SceneGraphs.Rewards;

namespace SggLab.Cli.Science;

/// <summary>The option that says which rewards count, and how much.</summary>
internal static class VariantOption
{
    private static string Names => string.Join(", ", RewardVariants.All.Select(v => v.Name));

    public static Option<string?> Create() => new("--variant")
    {
        Description = $"The rewards of this variant, with their sum, instead of the reference's six: {Names}, or a YAML or JSON file of your own (docs/rewards.md).",
        HelpName = "NAME|FILE",
    };

    /// <exception cref="LabException">No published variant has the name and there is no such file, or the file describes none.</exception>
    public static RewardVariant Of(string? given) =>
        given is null ? RewardVariants.ReferenceSix
        : RewardVariants.All.FirstOrDefault(v => v.Name == given) is { } published ? published
        : File.Exists(given) ? RewardVariants.Of(SpecFile.LoadVariant(given))
        : throw new LabException($"There is no reward variant and no file \"{given}\". Give {Names}, or the path of a file that describes one (docs/rewards.md).");
}
