using SggLab.Contracts.Specs;
using SggLab.SceneGraphs.Rewards;

namespace SggLab.Web.Rollouts;

/// <summary>A reward of the run's variant, as the page explains it.</summary>
/// <param name="Weight">The factor on it in the sum.</param>
/// <param name="Colour">CSS variable of its share in a bar.</param>
public sealed record RewardPart(string Name, string Title, string Summary, double Weight, string Colour)
{
    private const int Colours = 6;

    /// <summary>In the variant's order; a column that the variant does not know comes last, as a plain sum's member.</summary>
    /// <param name="own">What the variant is, where it is not a published one.</param>
    public static IReadOnlyList<RewardPart> Of(string? variant, IEnumerable<string> columns, VariantSpec? own = null)
    {
        var terms = Find(variant, own)?.Terms ?? [];
        var names = columns.ToList();
        return
        [
            .. terms.Where(term => names.Contains(term.Function.Name)).Select(term => (term.Function.Name, term.Weight))
                .Concat(names.Where(name => terms.All(term => term.Function.Name != name)).Select(name => (Name: name, Weight: 1.0)))
                .Select((part, i) => new RewardPart(part.Name, Words(part.Name), RewardFunctions.All.FirstOrDefault(known => known.Name == part.Name)?.Summary ?? "", part.Weight,
                    $"var(--part-{i % Colours})")),
        ];
    }

    /// <summary>What it adds to a rollout's reward.</summary>
    public double Share(Rollout rollout) => rollout.Parts.GetValueOrDefault(Name) * Weight;

    public static string? VariantSummary(string? variant, VariantSpec? own = null) => Find(variant, own)?.Summary is { Length: > 0 } summary ? summary : null;

    private static RewardVariant? Find(string? variant, VariantSpec? own) =>
        own is not null ? RewardVariants.Of(own) : RewardVariants.All.FirstOrDefault(known => known.Name == variant);

    private static string Words(string name)
    {
        var words = name.Replace('_', ' ');
        return char.ToUpperInvariant(words[0]) + words[1..];
    }
}
