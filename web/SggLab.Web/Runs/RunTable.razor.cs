using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;

namespace SggLab.Web.Runs;

public sealed partial class RunTable
{
    /// <summary>Longer lists are drawn as far as they are seen.</summary>
    private const int MostAtOnce = 60;

    private ICollection<RunSummary> Rows => Runs as ICollection<RunSummary> ?? [.. Runs];

    [Inject] public required TimeProvider Time { get; init; }
    [Parameter, EditorRequired] public required IReadOnlyList<RunSummary> Runs { get; set; }
    /// <summary>By run id: of the last weights that were ranked.</summary>
    [Parameter] public IReadOnlyDictionary<string, double> Recalls { get; set; } = RunRecalls.None;
    [Parameter] public bool ShowExperiment { get; set; }
    /// <summary>The order shown, and the address of another; without it the heads are plain text.</summary>
    [Parameter] public RunSort? Sort { get; set; }
    [Parameter] public Func<RunSort, string>? SortedAt { get; set; }
    [Parameter] public IReadOnlySet<string> Picked { get; set; } = new HashSet<string>();
    [Parameter] public EventCallback<string> PickChanged { get; set; }
}
