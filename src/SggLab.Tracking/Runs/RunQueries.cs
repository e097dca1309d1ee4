using System.Text.Json;
using Npgsql;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;
using SggLab.Tracking.Access;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Evaluations;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Store;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Telemetry;
using SggLab.Tracking.Workers;

namespace SggLab.Tracking.Runs;

/// <param name="State">queued, waiting, running, completed, failed or cancelled.</param>
/// <param name="After">Id of the last run of the page before; newest first.</param>
public sealed record RunFilter(string? ExperimentId = null, string? State = null, string? Method = null, string? Variant = null, string? Search = null, string? After = null, int Limit = 200);

/// <summary>Reads runs.</summary>
public sealed class RunQueries(NpgsqlDataSource source, WorkerQueries workers)
{
    private const int LongestPage = 1000;

    /// <summary>Newest experiment first, its runs in their order.</summary>
    /// <exception cref="ForbiddenException">The role may not read.</exception>
    public async Task<IReadOnlyList<RunSummary>> ListAsync(Actor by, RunFilter? filter = null, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        filter ??= new RunFilter();
        return await source.ReadAsync($"""
            {RunSummaries.Select} {RunSummaries.From} join lab.{ExperimentRows.Table} x on x.tenant_id = r.tenant_id and x.experiment_id = r.experiment_id
            where r.tenant_id = $1 and ($2::text is null or r.experiment_id = $2) and ($3::text is null or r.state = $3) and ($4::text is null or r.method = $4) and ($5::text is null or r.variant = $5)
                and ($6::text is null or position(lower($6) in lower(r.name || ' ' || r.experiment || ' ' || r.run_id)) > 0)
                and ($7::text is null or (x.sequence, -r.position) < (select lx.sequence, -l.position from lab.{RunRows.Table} l
                    join lab.{ExperimentRows.Table} lx on lx.tenant_id = l.tenant_id and lx.experiment_id = l.experiment_id where l.tenant_id = $1 and l.run_id = $7))
            order by x.sequence desc, r.position limit $8
            """, RunSummaries.Read, cancellation, by.Project, filter.ExperimentId, filter.State, filter.Method, filter.Variant,
            string.IsNullOrWhiteSpace(filter.Search) ? null : SafeText.Of(filter.Search.Trim(), 200), filter.After, Math.Clamp(filter.Limit, 1, LongestPage));
    }

    /// <summary>All of the project, a page after another.</summary>
    public async Task<IReadOnlyList<RunSummary>> AllAsync(Actor by, CancellationToken cancellation = default)
    {
        var all = new List<RunSummary>();
        while (true)
        {
            var page = await ListAsync(by, new RunFilter(After: all.Count == 0 ? null : all[^1].Id, Limit: LongestPage), cancellation);
            all.AddRange(page);
            if (page.Count < LongestPage)
                return all;
        }
    }

    /// <summary>null if there is no such run in the project.</summary>
    public async Task<RunDetail?> FindAsync(Actor by, string runId, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        var found = await source.FirstAsync($"{RunSummaries.Select}, r.spec, r.spec_hash, r.protocol_hash {RunSummaries.From} where r.tenant_id = $1 and r.run_id = $2",
            row => new Found(RunSummaries.Read(row), row.GetString(RunSummaries.Columns), row.GetString(RunSummaries.Columns + 1), row.GetString(RunSummaries.Columns + 2)),
            cancellation, by.Project, runId);
        if (found is null)
            return null;
        var attempts = await source.ReadAsync($"""
            select a.attempt, a.worker, a.leased_at, a.closed_at, a.outcome, a.resumed_step, coalesce(s.version, 1) - 1 from lab.{RunRows.Attempts} a
            left join lab.mt_streams s on s.tenant_id = a.tenant_id and s.id = 'attempt-' || a.run_id || '-' || a.attempt
            where a.tenant_id = $1 and a.run_id = $2 order by a.attempt
            """, row => new AttemptSummary(row.GetInt32(0), row.GetString(1), row.Time(2), row.TimeOrNone(3), row.Text(4), row.GetInt32(5), row.GetInt64(6)), cancellation, by.Project, runId);
        var checkpoints = await source.ReadAsync($"{CheckpointReads.Select} where c.tenant_id = $1 and c.run_id = $2 order by c.step, c.sequence", CheckpointReads.Read, cancellation, by.Project, runId);
        var evaluations = await source.ReadAsync($"{EvaluationReads.Select} where e.tenant_id = $1 and e.run_id = $2 order by e.sequence", EvaluationReads.Read, cancellation, by.Project, runId);
        var spec = JsonSerializer.Deserialize<RunSpec>(found.Spec, EventJson.Options)!;
        var waits = found.Run.State == "queued" ? DeviceWait.Explain(found.Run.Name, spec.Device, await workers.ListAsync(by, cancellation)) : null;
        return new RunDetail(found.Run, spec, found.SpecHash, found.ProtocolHash, attempts, checkpoints, evaluations,
            [.. found.Run.LastMetrics.Keys.Order(StringComparer.Ordinal)], waits);
    }

    /// <summary>Events of the run and of all its attempts in the order they were stored, from after <paramref name="afterSequence"/>; of one type where it is given.</summary>
    public Task<IReadOnlyList<EventItem>> EventsAsync(Actor by, string runId, long afterSequence = 0, int limit = 500, string? type = null, CancellationToken cancellation = default) =>
        ReadEventsAsync(by, runId, "e.seq_id > $3 order by e.seq_id", afterSequence, limit, type, cancellation);

    /// <summary>The newest events first, before <paramref name="beforeSequence"/>; of one type where it is given.</summary>
    public Task<IReadOnlyList<EventItem>> LatestEventsAsync(Actor by, string runId, long beforeSequence = long.MaxValue, int limit = 100, string? type = null, CancellationToken cancellation = default) =>
        ReadEventsAsync(by, runId, "e.seq_id < $3 order by e.seq_id desc", beforeSequence, limit, type, cancellation);

    private async Task<IReadOnlyList<EventItem>> ReadEventsAsync(Actor by, string runId, string range, long sequence, int limit, string? type, CancellationToken cancellation)
    {
        Permissions.RequireRead(by);
        return await source.ReadAsync($"""
            select e.seq_id, e.stream_id, e.version, e.type, e.timestamp, e.user_name, e.data::text, e.bdata from lab.mt_events e
            where e.tenant_id = $1 and e.stream_id in (select 'run-' || $2 union all
                select 'attempt-' || a.run_id || '-' || a.attempt from lab.{RunRows.Attempts} a where a.tenant_id = $1 and a.run_id = $2)
                and ($5 = '' or e.type = $5) and {range} limit $4
            """, EventReads.Read, cancellation, by.Project, runId, sequence, Math.Clamp(limit, 1, 10_000), type ?? "");
    }

    private sealed record Found(RunSummary Run, string Spec, string SpecHash, string ProtocolHash);
}
