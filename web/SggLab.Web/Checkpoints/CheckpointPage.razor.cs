using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Leaderboards;
using SggLab.Tracking.Live;
using SggLab.Tracking.Runs;
using SggLab.Web.Look;

namespace SggLab.Web.Checkpoints;

public sealed partial class CheckpointPage
{
    private const int MostRuns = 40;
    private CheckpointLineage? _lineage;
    private LineageLayout _graph = LineageLayout.Empty;
    private IReadOnlyList<EvaluationSummary> _own = [];
    private readonly Dictionary<string, VariantLook> _looks = [];

    [Inject] public required CheckpointQueries Checkpoints { get; init; }
    [Inject] public required RunQueries Runs { get; init; }
    [Inject] public required LeaderboardQueries Boards { get; init; }
    [Parameter] public string Id { get; set; } = "";

    /// <summary>The parent as people call it: its run and step.</summary>
    private string? ParentName => _lineage?.Ancestors.FirstOrDefault(node => node.Id == _lineage.Checkpoint.Parent) is { } parent ? $"{parent.Run}, step {Numbers.Count(parent.Step)}" : null;

    protected override bool Concerns(LabChange change) => change.Kind is "checkpoint" or "leaderboard";

    protected override async Task LoadAsync(CancellationToken cancellation)
    {
        if (_lineage?.Checkpoint.Id != Id)
            _lineage = null;
        var lineage = await Checkpoints.LineageAsync(By, Id, cancellation);
        if (lineage is not null)
            (_graph, _own) = (LineageLayout.Of(lineage, await LooksAsync(lineage, cancellation), await RankedAsync(cancellation)), [.. lineage.Evaluations.Where(evaluation => evaluation.Checkpoint == Id)]);
        _lineage = lineage;
    }

    /// <summary>What the boards say of the lineage's other checkpoints.</summary>
    private async Task<IReadOnlyDictionary<string, double>> RankedAsync(CancellationToken cancellation) =>
        (await Boards.NewestAsync(By, cancellation)).GroupBy(row => row.Checkpoint).ToDictionary(same => same.Key, same => same.MaxBy(row => row.Event)!.Recall);

    /// <summary>A checkpoint knows its run but not the run's variant, which never changes.</summary>
    private async Task<IReadOnlyDictionary<string, VariantLook>> LooksAsync(CheckpointLineage lineage, CancellationToken cancellation)
    {
        var runs = lineage.Ancestors.Append(lineage.Checkpoint).Concat(lineage.Descendants).Select(node => node.RunId).Distinct();
        foreach (var id in runs.Where(id => !_looks.ContainsKey(id)).Take(MostRuns).ToList())
            if (await Runs.FindAsync(By, id, cancellation) is { } run)
                _looks[id] = VariantLook.Of(run.Run);
        return _looks;
    }
}
