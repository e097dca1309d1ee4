using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Leaderboards;
using SggLab.Tracking.Live;
using SggLab.Tracking.Runs;
using SggLab.Web.Runs;

namespace SggLab.Web.Experiments;

public sealed partial class ExperimentPage
{
    private ExperimentSummary? _experiment;
    private IReadOnlyList<RunSummary> _runs = [];
    private IReadOnlyList<ComparisonChoice> _comparisons = [];
    private IReadOnlyList<Result> _bars = [];
    private IReadOnlyDictionary<string, double> _recalls = RunRecalls.None;
    private string? _board;

    [Inject] public required ExperimentQueries Experiments { get; init; }
    [Inject] public required RunQueries Runs { get; init; }
    [Inject] public required LeaderboardQueries Boards { get; init; }
    [Parameter] public string Id { get; set; } = "";

    protected override bool Concerns(LabChange change) =>
        change.Kind is "leaderboard" or "queue" || change.Id == Id || change.Kind == "run" && (_runs.Count == 0 || _runs.Any(run => run.Id == change.Id));

    protected override async Task LoadAsync(CancellationToken cancellation)
    {
        if (_experiment?.Id != Id)
            (_experiment, _runs, _bars) = (null, [], []);
        var experiment = await Experiments.FindAsync(By, Id, cancellation);
        if (experiment is not null)
        {
            // In the order of its file: what a run starts from stands above it.
            _runs = await Runs.ListAsync(By, new RunFilter(ExperimentId: Id, Limit: 500), cancellation);
            var own = (await Boards.RankAsync(By, experimentId: Id, cancellation: cancellation)).Rows;
            _bars = Result.Of(own);
            _recalls = RunRecalls.Of(own);
            _board = own is [var first, ..] ? LabUrls.Board(first.Dataset, first.Split, first.ProtocolHash, experiment: Id) : null;
            _comparisons = ComparisonChoice.Of(_runs);
        }
        _experiment = experiment;
    }
}
