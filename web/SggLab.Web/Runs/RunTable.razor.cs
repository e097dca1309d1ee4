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
    [Parameter] public bool ShowExperiment { get; set; }
    /// <summary>The order shown, and the address of another; without it the heads are plain text.</summary>
    [Parameter] public RunSort? Sort { get; set; }
    [Parameter] public Func<RunSort, string>? SortedAt { get; set; }
    [Parameter] public IReadOnlySet<string> Picked { get; set; } = new HashSet<string>();
    [Parameter] public EventCallback<string> PickChanged { get; set; }

    private RenderFragment Head(string column, string text) => builder =>
    {
        if (Sort is null || SortedAt is null)
        {
            builder.AddContent(0, text);
            return;
        }
        var here = Sort.Column == column;
        builder.OpenElement(1, "a");
        builder.AddAttribute(2, "class", "lab-sort");
        builder.AddAttribute(3, "href", SortedAt(Sort.Next(column)));
        builder.AddAttribute(4, "aria-current", here ? "true" : null);
        builder.AddAttribute(5, "title", here ? "Turn the order round" : $"Sort by {text}");
        builder.AddContent(6, text);
        builder.OpenComponent<Look.Icon>(7);
        builder.AddComponentParameter(8, "Name", !here ? "arrow-down-up" : Sort.Down ? "sort-down" : "sort-up");
        builder.CloseComponent();
        builder.CloseElement();
    };
}
