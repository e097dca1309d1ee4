using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;
using SggLab.Tracking.Runs;
using SggLab.Web.Access;

namespace SggLab.Web.Runs;

/// <summary>The run's events as they were stored: of its own stream and of all its attempts.</summary>
public sealed partial class RunEvents
{
    private const int Page = 200;
    private EventWindow _window = EventWindow.Empty;
    private IList<EventItem> _shown = [];
    private readonly HashSet<long> _open = [];
    private (string, long?, string?)? _address;
    private long _seen = -1;
    private bool _loaded, _busy;
    private string? _problem;

    [Inject] public required RunQueries Runs { get; init; }
    [Inject] public required Visitor Visitor { get; init; }
    [Inject] public required NavigationManager Navigation { get; init; }
    [Parameter, EditorRequired] public required string RunId { get; set; }
    /// <summary>Begin at this event instead of the newest: where a figure's source link leads.</summary>
    [Parameter] public long? Event { get; set; }
    [Parameter] public string? Type { get; set; }
    /// <summary>Another number says that there may be newer events.</summary>
    [Parameter] public long Stamp { get; set; }

    protected override async Task OnParametersSetAsync()
    {
        if (_address != (RunId, Event, Type))
        {
            _address = (RunId, Event, Type);
            await LoadFirstAsync();
        }
        else if (_loaded && Event is null && Stamp != _seen)
            await LoadNewerAsync();
        _seen = Stamp;
    }

    private Task LoadFirstAsync() => ReadAsync(async () =>
    {
        _open.Clear();
        if (Event is { } anchor)
            _open.Add(anchor);
        _window = EventWindow.Empty.WithOlder(await Runs.LatestEventsAsync(await Visitor.ActorAsync(), RunId, Event + 1 ?? long.MaxValue, Page, type: Type), Page);
        _loaded = true;
    });

    private Task LoadOlderAsync() => ReadAsync(async () =>
        _window = _window.WithOlder(await Runs.LatestEventsAsync(await Visitor.ActorAsync(), RunId, _window.Oldest, Page, type: Type), Page));

    private Task LoadNewerAsync() => ReadAsync(async () =>
        _window = _window.WithNewer(await Runs.EventsAsync(await Visitor.ActorAsync(), RunId, _window.Newest, type: Type)));

    private async Task ReadAsync(Func<Task> read)
    {
        if (_busy)
            return;
        _busy = true;
        try
        {
            await read();
            _problem = null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _problem = "The database did not answer. Try again; if it stays so, run `./sgglab status` on the server.";
        }
        finally
        {
            _busy = false;
        }
        _shown = [.. _window.Events];
    }

    private void Toggle(long sequence)
    {
        if (!_open.Remove(sequence))
            _open.Add(sequence);
    }

    private void TypeTo(ChangeEventArgs e) =>
        Navigation.NavigateTo(LabUrls.Run(RunId, "events", @event: Event, type: e.Value as string), replace: true);
}
