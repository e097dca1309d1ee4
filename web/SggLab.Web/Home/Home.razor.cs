using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Specs;
using SggLab.Tracking;
using SggLab.Tracking.Activity;
using SggLab.Tracking.Comparisons;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Leaderboards;
using SggLab.Tracking.Live;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Workers;

namespace SggLab.Web.Home;

public sealed partial class Home
{
    private HomeView _view = HomeView.Empty;

    [Inject] public required RunQueries Runs { get; init; }
    [Inject] public required ExperimentQueries Experiments { get; init; }
    [Inject] public required ActivityQueries Activity { get; init; }
    [Inject] public required QueueQueries Waiting { get; init; }
    [Inject] public required WorkerQueries Workers { get; init; }
    [Inject] public required LeaderboardQueries Boards { get; init; }
    [Inject] public required ComparisonQueries Curves { get; init; }
    [Inject] public required LabCommands Commands { get; init; }
    [Inject] public required NavigationManager Navigation { get; init; }

    /// <summary>demo, yaml or fields: the form that queues an experiment is open.</summary>
    [SupplyParameterFromQuery(Name = "new")] public string? New { get; set; }
    [SupplyParameterFromQuery(Name = "preset")] public string? Preset { get; set; }

    protected override bool Concerns(LabChange change) => true;

    protected override async Task LoadAsync(CancellationToken cancellation)
    {
        var running = await Runs.ListAsync(By, new RunFilter(State: "running", Limit: 50), cancellation);
        string[] shown = [.. running.Take(HomeView.MostRunning).Select(run => run.Id)];
        _view = new HomeView
        {
            Running = running,
            Sparks = shown.Length == 0 ? [] : Sparkline.Of(await Curves.CurvesAsync(By, shown, ["reward", "loss"], Sparkline.Points, cancellation)),
            Queue = await Waiting.ListAsync(By, cancellation),
            WorkerList = await Workers.ListAsync(By, cancellation),
            Experiments = [.. (await Experiments.ListAsync(By, cancellation)).Take(HomeView.MostExperiments)],
            Activity = ActivityLine.Fold(await Activity.RecentAsync(By, HomeView.ActivityRead, cancellation: cancellation), HomeView.MostActivity),
            Best = HomeView.BestOf(await Boards.NewestAsync(By, cancellation)),
        };
    }

    /// <returns>Why it was refused, or null when the page has gone on to the new experiment.</returns>
    private async Task<Refusal?> QueueAsync(string key, ExperimentSpec spec)
    {
        var outcome = await Commands.SendAsync(new QueueRuns(By, key, spec));
        if (outcome is { Refusal: null, Value: { } queued })
            Navigation.NavigateTo(LabUrls.Experiment(queued.ExperimentId));
        return outcome.Refusal;
    }
}
