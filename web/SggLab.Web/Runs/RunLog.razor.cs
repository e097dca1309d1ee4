using System.Text.Json;
using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;
using SggLab.Tracking.Runs;
using SggLab.Web.Access;

namespace SggLab.Web.Runs;

/// <summary>What the trainer wrote, from the run's log records.</summary>
public sealed partial class RunLog
{
    private const int Page = 500, MostPages = 20;
    private List<LogLine> _lines = [];
    private string _search = "";
    private long _newest, _seen = -1;
    private string? _shownRun, _problem;
    private bool _loaded, _busy;

    [Inject] public required RunQueries Runs { get; init; }
    [Inject] public required Visitor Visitor { get; init; }
    [Parameter, EditorRequired] public required string RunId { get; set; }
    [Parameter] public bool Live { get; set; }
    /// <summary>Another number says that there may be newer lines.</summary>
    [Parameter] public long Stamp { get; set; }

    private List<LogLine> Found => _search.Length == 0 ? _lines : [.. _lines.Where(line => line.Text.Contains(_search, StringComparison.OrdinalIgnoreCase))];

    protected override async Task OnParametersSetAsync()
    {
        if (_shownRun != RunId)
            (_shownRun, _lines, _newest, _loaded) = (RunId, [], 0, false);
        if (!_loaded || Stamp != _seen)
            await LoadAsync();
        _seen = Stamp;
    }

    private async Task LoadAsync()
    {
        if (_busy)
            return;
        _busy = true;
        try
        {
            var by = await Visitor.ActorAsync();
            for (var page = 0; page < MostPages; page++)
            {
                var events = await Runs.EventsAsync(by, RunId, _newest, Page, type: EventText.Log);
                _lines = [.. events.SelectMany(LogLine.Of).Reverse(), .. _lines];
                _newest = events is [.., var last] ? last.Sequence : _newest;
                if (events.Count < Page)
                    break;
            }
            if (_lines.Count > EventWindow.Most)
                _lines.RemoveRange(EventWindow.Most, _lines.Count - EventWindow.Most);
            (_loaded, _problem) = (true, null);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _problem = "The database did not answer. Try again; if it stays so, run `./sgglab status` on the server.";
        }
        finally
        {
            _busy = false;
        }
    }
}

/// <summary>One line of the log: a record of several lines gives several.</summary>
public sealed record LogLine(DateTimeOffset At, string Level, string Text)
{
    public static IEnumerable<LogLine> Of(EventItem item)
    {
        if (item.Data.ValueKind != JsonValueKind.Object || !item.Data.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String)
            return [];
        var level = item.Data.TryGetProperty("level", out var named) && named.GetString() is "warning" or "error" or "debug" ? named.GetString()! : "info";
        return text.GetString()!.ReplaceLineEndings("\n").Split('\n').Select(line => new LogLine(item.At, level, line));
    }
}
