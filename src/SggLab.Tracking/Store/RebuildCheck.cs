using Npgsql;
using SggLab.Contracts;

namespace SggLab.Tracking.Store;

/// <summary>How a served table differs from the same table folded anew.</summary>
/// <param name="OnlyServed">Rows that a rebuild does not give.</param>
/// <param name="OnlyRebuilt">Rows that a rebuild gives and that are not served.</param>
public sealed record TableDifference(string Table, long OnlyServed, long OnlyRebuilt, string Example);

/// <param name="Events">Events folded again.</param>
/// <param name="DeadLetters">Events that projections could not fold: neither what is served nor the rebuild holds them.</param>
/// <param name="Late">Projections that stand still: what they serve is right as far as it goes, and lacks the newest events.</param>
public sealed record RebuildReport(long Events, IReadOnlyList<string> Tables, IReadOnlyList<TableDifference> Differences, IReadOnlyList<DeadLetter> DeadLetters, IReadOnlyList<LateProjection> Late)
{
    /// <summary>A rebuild gives what is served, and nothing was left out.</summary>
    public bool IsSound => Differences.Count == 0 && DeadLetters.Count == 0 && Late.Count == 0;
}

/// <summary>
/// Folds all events again into temporary tables and compares them with what is served, each projection up to where it stands. One snapshot, so the site may run
/// meanwhile; it holds a transaction open as long as it takes.
/// </summary>
public static class RebuildCheck
{
    private const string Scratch = "pg_temp";
    private const int StatementsAtOnce = 500;

    /// <param name="only">A projection's name, or tables whose name begins so; null = all.</param>
    /// <exception cref="LabException">There is no such read model.</exception>
    public static async Task<RebuildReport> RunAsync(string connectionString, string? only = null, CancellationToken cancellation = default)
    {
        var tables = Tables(only);
        await using var source = LabConnection.Open(connectionString);
        await using var writer = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await writer.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        await using var reader = await source.OpenConnectionAsync(cancellation);
        await using var same = await JoinSnapshotAsync(writer, reader, cancellation);
        var letters = new DeadLetters(source);
        var left = await letters.ListAsync(cancellation);
        var sets = await SetsAsync(writer, cancellation);
        foreach (var model in sets.SelectMany(set => set.Models))
            await ExecuteAsync(writer, Temporary(model.Ddl), cancellation);
        var folded = await FoldAsync(reader, writer, sets, letters, cancellation);
        var differences = new List<TableDifference>();
        foreach (var table in tables)
            if (await CompareAsync(writer, table, cancellation) is { } difference)
                differences.Add(difference);
        var concerned = ReadModels.Async().Where(projection => TablesOf(projection.Models).Intersect(tables).Any()).Select(projection => projection.Name);
        var late = await new ProjectionLag(source).LateAsync(ProjectionLag.Patience, cancellation);
        return new RebuildReport(folded, tables, differences, left, [.. late.Where(projection => concerned.Contains(projection.Name))]);
    }

    private static string[] Tables(string? only)
    {
        string[] all = TablesOf(ReadModels.All());
        ReadModelProjection[] projections = [.. ReadModels.Inline(), .. ReadModels.Async()];
        if (only is null)
            return all;
        string[] chosen = projections.FirstOrDefault(projection => projection.Name == only) is { } named ? TablesOf(named.Models) : [.. all.Where(table => table.StartsWith(only, StringComparison.Ordinal))];
        return chosen.Length > 0 ? chosen : throw new LabException(
            $"There is no read model \"{only}\". There are the projections {string.Join(", ", projections.Select(projection => projection.Name))}, with the tables {string.Join(", ", all)}.");
    }

    private static string[] TablesOf(IEnumerable<ReadModel> models) => [.. models.SelectMany(model => model.Tables)];

    private sealed record Set(string Shard, IReadOnlyList<ReadModel> Models, long UpTo);

    /// <summary>Both connections see the same moment.</summary>
    private static async Task<NpgsqlTransaction> JoinSnapshotAsync(NpgsqlConnection first, NpgsqlConnection second, CancellationToken cancellation)
    {
        await using var export = new NpgsqlCommand("select pg_export_snapshot()", first);
        var snapshot = (string)(await export.ExecuteScalarAsync(cancellation))!;
        var transaction = await second.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        await ExecuteAsync(second, $"set transaction snapshot '{snapshot}'", cancellation);
        return transaction;
    }

    private static async Task<IReadOnlyList<Set>> SetsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var sets = new List<Set> { new("", ReadModels.All().Where(model => model is Queue.QueueEntries or Access.AccessTables).ToList(), long.MaxValue) };
        foreach (var projection in ReadModels.Async())
        {
            await using var progress = new NpgsqlCommand("select coalesce(max(last_seq_id), 0) from lab.mt_event_progression where name = $1", connection);
            progress.Parameters.Add(new NpgsqlParameter { Value = projection.Shard });
            sets.Add(new Set(projection.Shard, projection.Models, (long)(await progress.ExecuteScalarAsync(cancellation))!));
        }
        return sets;
    }

    private static string Temporary(string ddl) => ddl.Replace("create table if not exists {s}.", "create temporary table ", StringComparison.Ordinal)
        .Replace("create index if not exists", "create index", StringComparison.Ordinal).Replace("{s}", Scratch, StringComparison.Ordinal);

    private static async Task<long> FoldAsync(NpgsqlConnection reader, NpgsqlConnection writer, IReadOnlyList<Set> sets, DeadLetters letters, CancellationToken cancellation)
    {
        await using var sql = new BatchWrites(Scratch, writer);
        await using var command = new NpgsqlCommand($"select {StoredEvents.Columns} from lab.mt_events where is_archived = false order by seq_id", reader);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var count = 0L;
        while (await rows.ReadAsync(cancellation))
        {
            if (StoredEvents.Read(rows) is not { } e)
                continue;
            foreach (var set in sets)
                if (e.Sequence <= set.UpTo && !letters.Contains(set.Shard, e.Sequence))
                    foreach (var model in set.Models)
                        model.Fold(e, sql);
            count++;
            if (sql.Count >= StatementsAtOnce)
                await sql.FlushAsync(cancellation);
        }
        await sql.FlushAsync(cancellation);
        return count;
    }

    private static async Task<TableDifference?> CompareAsync(NpgsqlConnection connection, string table, CancellationToken cancellation)
    {
        var (served, example) = await OnlyInAsync(connection, $"{LabStore.Schema}.{table}", $"{Scratch}.{table}", cancellation);
        var (rebuilt, other) = await OnlyInAsync(connection, $"{Scratch}.{table}", $"{LabStore.Schema}.{table}", cancellation);
        return served + rebuilt == 0 ? null : new TableDifference(table, served, rebuilt, example ?? other ?? "");
    }

    private static async Task<(long Count, string? Example)> OnlyInAsync(NpgsqlConnection connection, string table, string other, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select count(*), left(min(d::text), 300) from (select * from {table} except select * from {other}) d", connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        return (row.GetInt64(0), row.Text(1));
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
