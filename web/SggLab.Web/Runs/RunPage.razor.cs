using BootstrapBlazor.Components;
using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;
using SggLab.Tracking;
using SggLab.Tracking.Comparisons;
using SggLab.Tracking.Live;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Workers;
using SggLab.Web.Look;
using SggLab.Web.Queue;

namespace SggLab.Web.Runs;

public sealed partial class RunPage
{
    private const string Curves = RunTab.Curves, Rollouts = "rollouts", Evaluations = RunTab.Evaluations, Checkpoints = "checkpoints", Attempts = "attempts", Log = "log", Events = "events", Configuration = "config";
    private static readonly string[] s_tabs = [Curves, Rollouts, Evaluations, Checkpoints, Attempts, Log, Events, Configuration];
    private const int MostSiblings = 12;
    private RunDetail? _run;
    private IReadOnlyList<Curve> _curves = [];
    private IReadOnlyList<string> _siblings = [];
    private string? _siblingsOf;
    private WorkerNames _workers = WorkerNames.None;
    private long _stamp;
    private ConfirmDialog _cancel = null!, _retry = null!;

    [Inject] public required RunQueries Runs { get; init; }
    [Inject] public required ComparisonQueries Comparisons { get; init; }
    [Inject] public required WorkerQueries Workers { get; init; }
    [Inject] public required LabCommands Commands { get; init; }
    [Inject] public required ToastService Toasts { get; init; }
    [Inject] public required NavigationManager Navigation { get; init; }
    [Parameter] public string Id { get; set; } = "";
    [SupplyParameterFromQuery(Name = "tab")] public string? Tab { get; set; }
    [SupplyParameterFromQuery(Name = "step")] public int? Step { get; set; }
    [SupplyParameterFromQuery(Name = "smooth")] public int? Smooth { get; set; }
    [SupplyParameterFromQuery(Name = "event")] public long? Event { get; set; }
    [SupplyParameterFromQuery(Name = "type")] public string? Type { get; set; }

    private (string Key, string Text, int? Count)[] Tabs =>
    [
        (Curves, "Curves", null), .. Rolls ? [(Rollouts, "Rollouts", (int?)null)] : Array.Empty<(string, string, int?)>(), (Evaluations, "Evaluations", _run!.Evaluations.Count), (Checkpoints, "Checkpoints", _run.Checkpoints.Count),
        (Attempts, "Attempts", _run.Attempts.Count), (Log, "Log", null), (Events, "Events", null), (Configuration, "Configuration", null),
    ];

    /// <summary>Only GRPO draws several answers and weighs them.</summary>
    private bool Rolls => _run!.Run.Method == "grpo" || Tab == Rollouts;

    private string ShownTab(RunDetail run) => s_tabs.Contains(Tab) ? Tab! : RunTab.First(run);

    protected override bool Concerns(LabChange change) => change.Id == Id || change is { Kind: "queue" or "worker" } && _run?.Run.State is "queued" or "waiting";

    protected override async Task LoadAsync(CancellationToken cancellation)
    {
        if (_run is not null && _run.Run.Id != Id)
            (_run, _curves, _siblings) = (null, [], []);
        var run = await Runs.FindAsync(By, Id, cancellation);
        if (run is not null && ShownTab(run) == Curves)
            _curves = await Comparisons.CurvesAsync(By, [Id], null, RunCurves.Points, cancellation);
        if (run is not null && _siblingsOf != Id)
            (_siblings, _siblingsOf) = (await SiblingsAsync(run.Run, cancellation), Id);
        _workers = WorkerNames.Of(await Workers.ListAsync(By, cancellation));
        _run = run;
        _stamp++;
    }

    /// <summary>This run first, then those of the same method in its experiment: what one compares it with.</summary>
    private async Task<IReadOnlyList<string>> SiblingsAsync(RunSummary run, CancellationToken cancellation)
    {
        var all = await Runs.ListAsync(By, new RunFilter(ExperimentId: run.ExperimentId, Method: run.Method, Limit: 50), cancellation);
        return [run.Id, .. all.Where(other => other.Id != run.Id && other.State is not "cancelled").OrderBy(other => other.Seed != run.Seed)
            .ThenBy(other => VariantLook.Of(other).Order).Take(MostSiblings - 1).Select(other => other.Id)];
    }

    private void SmoothTo(int smooth) =>
        Navigation.NavigateTo(LabUrls.Run(Id, Tab, smooth == RunCurves.UsualSmoothing ? null : smooth), replace: true);

    private Task CancelAsync() => SendAsync(new CancelRun(By, Id), "Cancelling", $"{_run!.Run.Name} stops at its next step.");

    private Task RetryAsync() => SendAsync(new RetryRun(By, Id), "In the queue again", $"{_run!.Run.Name} starts when a worker is free.");

    private async Task SendAsync(ILabCommand<string> command, string done, string text)
    {
        var outcome = await Commands.SendAsync(command);
        if (outcome.Refusal is { } refusal)
            await Toasts.Error("Refused", refusal.Message);
        else
            await Toasts.Success(done, text);
        await ReloadAsync();
    }
}
