using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Evaluations;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Leaderboards;

/// <summary>A moment of the past: a sequence, or a time (the last sequence before the first event later than it).</summary>
public sealed record AsOf(long? Sequence, DateTimeOffset? Time)
{
    /// <summary>Reads a whole number or an ISO 8601 time with offset; null for anything else.</summary>
    public static AsOf? Parse(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            return new AsOf(sequence, null);
        // Without an offset it would mean another moment on another machine.
        var hasOffset = text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal) && text.Contains('T', StringComparison.Ordinal);
        return hasOffset && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? new AsOf(null, time) : null;
    }
}

/// <summary>What is ranked together.</summary>
public sealed record Board(string Dataset, string Split, string Protocol, string ProtocolHash, int Entries);

/// <param name="Total">How many rows there are; more than <paramref name="Rows"/> where they were cut.</param>
public sealed record Ranking(IReadOnlyList<LeaderboardRow> Rows, int Total);

/// <summary>
/// Ranks checkpoints by recall. A row belongs to the run that saved its checkpoint; that of starting weights, which many runs share, to the run that evaluated
/// them, with method base unless that run does nothing else.
/// </summary>
public sealed class LeaderboardQueries(NpgsqlDataSource source, LabSettings settings)
{
    private readonly ConcurrentDictionary<(long, long), (double, double, double)?> _differences = new();

    public async Task<IReadOnlyList<Board>> BoardsAsync(Actor by, AsOf? asOf = null, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        return await source.ReadAsync($"""
            select e.dataset, e.split, max(e.protocol), e.protocol_hash, count(*)::int from lab.{EvaluationRows.Entries} l
            join lab.{EvaluationRows.Table} e on e.tenant_id = l.tenant_id and e.sequence = l.valid_from
            where l.tenant_id = $1 and l.valid_from <= $2 and (l.valid_to is null or l.valid_to > $2)
            group by e.dataset, e.split, e.protocol_hash order by max(l.valid_from) desc
            """, row => new Board(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt32(4)), cancellation, by.Project, await SequenceAsync(asOf, cancellation));
    }

    /// <summary>Which experiments have entries on the board, by name.</summary>
    public async Task<IReadOnlyList<(string Id, string Name)>> ExperimentsAsync(Actor by, Board board, AsOf? asOf = null, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        return await source.ReadAsync($"""
            select distinct r.experiment, r.experiment_id from lab.{EvaluationRows.Entries} l
            join lab.{EvaluationRows.Table} e on e.tenant_id = l.tenant_id and e.sequence = l.valid_from
            left join lab.{CheckpointNodes.Table} c on c.tenant_id = l.tenant_id and c.checkpoint_id = l.checkpoint
            join lab.{RunRows.Table} r on r.tenant_id = l.tenant_id and r.run_id = case when c.kind is null or c.kind = 'base' then e.run_id else c.run_id end
            where l.tenant_id = $1 and l.valid_from <= $2 and (l.valid_to is null or l.valid_to > $2) and l.dataset = $3 and l.split = $4 and l.protocol_hash = $5
            order by r.experiment, r.experiment_id
            """, row => (row.GetString(1), row.GetString(0)), cancellation, by.Project, await SequenceAsync(asOf, cancellation), board.Dataset, board.Split, board.ProtocolHash);
    }

    /// <summary>
    /// Best first; one board after another where the filters leave several. Rank counts from 1 within a board, whatever the experiment asked for. Where there are
    /// more than <see cref="LabSettings.BoardRows"/>, the best of each board are given.
    /// </summary>
    public Task<Ranking> RankAsync(Actor by, string? dataset = null, string? split = null, string? protocolHash = null, AsOf? asOf = null, string? experimentId = null, CancellationToken cancellation = default) =>
        ReadAsync(by, dataset, split, protocolHash, asOf, experimentId, "l.rank, l.valid_from desc", cancellation);

    /// <summary>What a list shows beside runs: as <see cref="RankAsync"/>, but of too many rows those that were evaluated last.</summary>
    public async Task<IReadOnlyList<LeaderboardRow>> NewestAsync(Actor by, CancellationToken cancellation = default) =>
        (await ReadAsync(by, null, null, null, null, null, "l.valid_from desc", cancellation)).Rows;

    private async Task<Ranking> ReadAsync(Actor by, string? dataset, string? split, string? protocolHash, AsOf? asOf, string? experimentId, string kept, CancellationToken cancellation)
    {
        Permissions.RequireRead(by);
        var entries = await source.ReadAsync($"""
            with l as (
                select b.tenant_id, b.valid_from, b.checkpoint, b.dataset, b.split, b.protocol_hash, row_number() over (partition by b.dataset, b.split, b.protocol_hash
                    order by nullif(f.recall, 'NaN') desc nulls last, nullif(f.mean_recall, 'NaN') desc nulls last, f.failure_rate, b.valid_from)::int as rank
                from lab.{EvaluationRows.Entries} b join lab.{EvaluationRows.Table} f on f.tenant_id = b.tenant_id and f.sequence = b.valid_from
                where b.tenant_id = $1 and b.valid_from <= $2 and (b.valid_to is null or b.valid_to > $2)
                    and ($3::text is null or b.dataset = $3) and ($4::text is null or b.split = $4) and ($5::text is null or b.protocol_hash = $5))
            select l.valid_from, e.dataset, e.split, e.protocol, e.protocol_hash, e.checkpoint, o.run_id, coalesce(r.name, o.run_id), r.variant,
                case when c.kind = 'base' and r.method <> 'evaluate' then 'base' else coalesce(r.method, '') end, coalesce(r.seed, 0), e.images, e.failure_rate, e.recall, e.recall_low, e.recall_high, e.mean_recall, e.ap50,
                e.at, c.start, case when c.kind = 'base' then 0 else coalesce(c.step, e.step) end, s.valid_from, case when se.dataset_hash = e.dataset_hash then true else false end, r.experiment, r.experiment_id,
                l.rank, count(*) over ()::int
            from l
            join lab.{EvaluationRows.Table} e on e.tenant_id = l.tenant_id and e.sequence = l.valid_from
            left join lab.{CheckpointNodes.Table} c on c.tenant_id = l.tenant_id and c.checkpoint_id = l.checkpoint
            cross join lateral (select case when c.kind is null or c.kind = 'base' then e.run_id else c.run_id end as run_id) o
            left join lab.{RunRows.Table} r on r.tenant_id = l.tenant_id and r.run_id = o.run_id
            left join lab.{EvaluationRows.Entries} s on s.tenant_id = l.tenant_id and s.checkpoint = c.start and s.dataset = l.dataset and s.split = l.split
                and s.protocol_hash = l.protocol_hash and s.valid_from <= $2 and (s.valid_to is null or s.valid_to > $2)
            left join lab.{EvaluationRows.Table} se on se.tenant_id = s.tenant_id and se.sequence = s.valid_from
            where $6::text is null or r.experiment_id = $6
            order by {kept} limit {settings.BoardRows}
            """, ReadEntry, cancellation, by.Project, await SequenceAsync(asOf, cancellation), dataset, split, protocolHash, experimentId);
        var rows = new List<LeaderboardRow>(entries.Count);
        foreach (var board in entries.GroupBy(entry => (entry.Row.Dataset, entry.Row.Split, entry.Row.ProtocolHash)).OrderBy(board => board.All(entry => entry.Row.Method == "scripted")).ThenBy(board => board.Key))
            foreach (var entry in board.OrderBy(entry => entry.Row.Rank))
                rows.Add(entry.Row with { OverStart = await OverStartAsync(by.Project, entry, cancellation) });
        return new Ranking(rows, entries is [var first, ..] ? first.Total : 0);
    }

    private static Entry ReadEntry(NpgsqlDataReader row) => new(
        new LeaderboardRow(row.GetInt32(25), row.GetString(7), row.GetString(6), row.Text(8), row.GetString(9), row.GetInt32(10), row.GetString(5), row.GetString(3), row.GetString(4),
            row.GetString(1), row.GetString(2), row.GetInt32(11), row.GetDouble(12), row.GetDouble(13), row.GetDouble(14), row.GetDouble(15), row.GetDouble(16), row.Number(17), null, row.GetInt64(0), row.Time(18), row.GetInt32(20), row.Text(23), row.Text(24)),
        row.Text(19), row.IsDBNull(21) || !row.GetBoolean(22) ? null : row.GetInt64(21), row.GetInt32(26));

    private async Task<Difference?> OverStartAsync(string project, Entry entry, CancellationToken cancellation)
    {
        if (entry.Start is null || entry.StartEvent is not { } start)
            return null;
        return await DifferenceAsync(project, entry.Row.Event, start, cancellation) is var (mean, low, high) ? new Difference(entry.Start, mean, low, high) : null;
    }

    /// <summary>Recall of one stored evaluation minus another's, over the same images. Events never change, so what was computed once holds.</summary>
    internal async Task<(double Mean, double Low, double High)?> DifferenceAsync(string project, long evaluation, long baseline, CancellationToken cancellation)
    {
        if (_differences.TryGetValue((evaluation, baseline), out var known))
            return known;
        var perImage = await source.ReadAsync($"select sequence, per_image from lab.{EvaluationRows.Table} where tenant_id = $1 and sequence = any($2)",
            row => (Sequence: row.GetInt64(0), Recall: Float64Columns.Unpack(row.GetFieldValue<byte[]>(1))), cancellation, project, new[] { evaluation, baseline });
        var of = perImage.ToDictionary(one => one.Sequence, one => one.Recall);
        var found = of.TryGetValue(evaluation, out var figures) && of.TryGetValue(baseline, out var start) ? PairedBootstrap.Difference(figures, start) : null;
        if (_differences.Count > 10_000)
            _differences.Clear();
        return _differences[(evaluation, baseline)] = found;
    }

    private async Task<long> SequenceAsync(AsOf? asOf, CancellationToken cancellation)
    {
        if (asOf?.Time is not { } time)
            return asOf?.Sequence ?? long.MaxValue;
        await using var command = source.CreateCommand("select min(seq_id) - 1 from lab.mt_events where timestamp > $1");
        command.Parameters.Add(new NpgsqlParameter { Value = time.ToUniversalTime() });
        return await command.ExecuteScalarAsync(cancellation) is long sequence ? sequence : long.MaxValue;
    }

    private sealed record Entry(LeaderboardRow Row, string? Start, long? StartEvent, int Total);
}
