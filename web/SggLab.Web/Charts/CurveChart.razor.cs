using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using SggLab.Web.Look;

namespace SggLab.Web.Charts;

/// <summary>Draws a <see cref="ChartModel"/> with uPlot; what is drawn is decided in C#.</summary>
public sealed partial class CurveChart : IAsyncDisposable
{
    private static long s_count;
    private readonly string _id = Interlocked.Increment(ref s_count).ToString(CultureInfo.InvariantCulture);
    private ElementReference _element;
    private IJSObjectReference? _module;
    private ChartModel? _drawn;
    private bool _drawing, _gone;

    [Inject] public required IJSRuntime Js { get; init; }
    [Parameter, EditorRequired] public required string Title { get; set; }
    [Parameter, EditorRequired] public required ChartModel Model { get; set; }
    [Parameter] public string? Hint { get; set; }
    /// <summary>Charts with one key move their cursors together.</summary>
    [Parameter] public string? Together { get; set; }
    [Parameter] public int Height { get; set; } = 184;

    /// <summary>The last value as it was measured: the faint line has it where the strong one is smoothed.</summary>
    private string? Reading => Model.Lines.Count(line => !line.Faint) == 1 ? Numbers.Reading(Last(Model.Lines[0])) : null;

    private static double? Last(ChartLine line) => line.Values.LastOrDefault(value => value is not null);

    private string Spoken => Model.IsEmpty ? $"{Title}: no values yet"
        : $"{Title}, steps {Model.X[0]} to {Model.X[^1]}: " + string.Join(", ", Model.Lines.Where(line => !line.Faint).Take(8)
            .Select(line => $"{line.Label} {Numbers.Reading(Last(line))}"));

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_drawing || _gone || ReferenceEquals(_drawn, Model))
            return;
        _drawing = true;
        try
        {
            _module ??= await Js.InvokeAsync<IJSObjectReference>("import", "./" + Assets["Charts/CurveChart.razor.js"]);
            while (!_gone && !ReferenceEquals(_drawn, Model))
            {
                _drawn = Model;
                await _module.InvokeVoidAsync("draw", _id, _element, _drawn, new { Together, Height });
            }
        }
        catch (JSDisconnectedException)
        {
            // The browser went away while the page drew.
        }
        finally
        {
            _drawing = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _gone = true;
        try
        {
            if (_module is not null)
            {
                await _module.InvokeVoidAsync("destroy", _id);
                await _module.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The circuit is gone, and the chart with its page.
        }
    }
}
