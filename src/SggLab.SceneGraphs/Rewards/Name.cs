using System.Globalization;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>An id, a subject, an object or a predicate, in the forms that the rewards compare.</summary>
/// <remarks>Made once a distinct text: two texts that refine to the same are two names with one <see cref="RefinedId"/>.</remarks>
internal sealed class Name
{
    /// <summary>As written.</summary>
    public required string Raw { get; init; }

    /// <summary>"_" and "-" as spaces, stripped, lower case (<c>refine_node_edge</c>).</summary>
    public required string Refined { get; init; }

    /// <summary>Equal for equal <see cref="Refined"/>.</summary>
    public required int RefinedId { get; init; }

    /// <summary>Number of the refined text before the first dot.</summary>
    public required int RefinedCategory { get; init; }

    /// <summary>Number of the text as written before the first dot, in lower case.</summary>
    public required int RawCategory { get; init; }

    /// <summary>The last case whose objects list this id as written.</summary>
    public int ListedIn { get; set; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Raw} ({Refined})");
}
