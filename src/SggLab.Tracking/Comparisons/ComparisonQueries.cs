using System.Text.Json;
using Npgsql;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Evaluations;
using SggLab.Tracking.Leaderboards;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Comparisons;

/// <summary>Curves, and runs side by side.</summary>
public sealed class ComparisonQueries(NpgsqlDataSource source, LeaderboardQueries boards)
{
    /// <summary>More runs than this cannot be told apart on a page.</summary>
    public const int MostRuns = 50;

    /// <summary>
    /// A curve a run and metric, in the order asked; a metric that a run never logged gives none. At most maxPoints points each; buckets keep minimum and maximum.
    /// </summary>
    /// <param name="metrics">null = all.</param>
    public async Task<IReadOnlyList<Curve>> CurvesAsync(Actor by, IReadOnlyList<string> runIds, IReadOnlyList<string>? metrics = null, int maxPoints = 2000, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        var curves = new List<Curve>();
        foreach (var runId in runIds.Distinct().Take(MostRuns))
            curves.AddRange((await CurveReader.ReadAsync(source, by.Project, runId, metrics, cancellation)).Select(curve => CurveReader.Thin(curve, maxPoints)));
        return curves;
    }

    /// <summary>Names that any of the runs logged, in alphabetical order.</summary>
    public async Task<IReadOnlyList<string>> MetricNamesAsync(Actor by, IReadOnlyList<string> runIds, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        return await source.ReadAsync($"""
            select distinct k from lab.{Telemetry.MetricChunks.Progress} p, jsonb_object_keys(p.last::jsonb) k where p.tenant_id = $1 and p.run_id = any($2) order by k
            """, row => row.GetString(0), cancellation, by.Project, runIds.ToArray());
    }

    /// <summary>Runs that do not exist in the project are left out.</summary>
    public async Task<RunComparison> CompareAsync(Actor by, IReadOnlyList<string> runIds, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        var asked = runIds.Distinct().Take(MostRuns).ToArray();
        var found = await source.ReadAsync($"{RunSummaries.Select}, r.spec {RunSummaries.From} where r.tenant_id = $1 and r.run_id = any($2)",
            row => (Run: RunSummaries.Read(row), Spec: row.GetString(RunSummaries.Columns)), cancellation, by.Project, asked);
        var runs = asked.SelectMany(id => found.Where(one => one.Run.Id == id)).ToList();
        var last = await source.ReadAsync($"""
            {EvaluationReads.Select} where e.tenant_id = $1 and e.sequence in (
                select max(sequence) from lab.{EvaluationRows.Table} where tenant_id = $1 and run_id = any($2) group by run_id, dataset, split, protocol_hash)
            """, EvaluationReads.Read, cancellation, by.Project, asked);
        var compared = new List<ComparedEvaluation>();
        foreach (var board in last.GroupBy(e => (e.Dataset, e.Split, e.ProtocolHash)).OrderBy(board => board.Key))
            foreach (var evaluation in runs.SelectMany(run => board.Where(e => e.RunId == run.Run.Id)))
                compared.Add(new ComparedEvaluation(evaluation.RunId, evaluation, await OverFirstAsync(by, board.FirstOrDefault(e => e.RunId == runs[0].Run.Id), evaluation, cancellation)));
        return new RunComparison([.. runs.Select(run => run.Run)], SettingDifferences.Of([.. runs.Select(run => JsonSerializer.Deserialize<JsonElement>(run.Spec))]), compared);
    }

    private async Task<Difference?> OverFirstAsync(Actor by, EvaluationSummary? first, EvaluationSummary evaluation, CancellationToken cancellation)
    {
        if (first is null || first.Event == evaluation.Event)
            return null;
        return await boards.DifferenceAsync(by.Project, evaluation.Event, first.Event, cancellation) is var (mean, low, high) ? new Difference(first.Checkpoint, mean, low, high) : null;
    }
}
