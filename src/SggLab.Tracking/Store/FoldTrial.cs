using JasperFx.Events;
using Npgsql;

namespace SggLab.Tracking.Store;

/// <summary>
/// Finds the events over which a projection stumbles: folds what comes after its progress one at a time, each behind a savepoint, in a transaction that is rolled
/// back. Only an event's content counts against it (an exception of its fold, or a value that no column takes): a database that is away, full or of another
/// version is no fault of the event's, and skipping would only lose rows.
/// </summary>
internal sealed class FoldTrial(NpgsqlDataSource source)
{
    // The daemon's batch is 500: the culprit is among them.
    private const int Events = 1000;

    public async Task<IReadOnlyList<DeadLetter>> FindAsync(ReadModelProjection projection, DeadLetters known, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var found = new List<DeadLetter>();
        foreach (var e in await NextAsync(connection, projection, cancellation))
        {
            if (known.Contains(projection.Shard, e.Sequence))
                continue;
            await transaction.SaveAsync("before", cancellation);
            try
            {
                await using var sql = new BatchWrites(LabStore.Schema, connection);
                projection.Fold(e, sql);
                await sql.FlushAsync(cancellation);
                await transaction.ReleaseAsync("before", cancellation);
            }
            catch (Exception problem) when (IsOfTheEvent(problem))
            {
                found.Add(new DeadLetter(projection.Shard, e.Sequence, e.StreamKey!, LabEvents.Names[e.EventType], problem.Message));
                if (connection.State != System.Data.ConnectionState.Open)
                    return found;
                await transaction.RollbackAsync("before", cancellation);
            }
        }
        return found;
    }

    private static async Task<List<IEvent>> NextAsync(NpgsqlConnection connection, ReadModelProjection projection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"""
            select {StoredEvents.Columns} from lab.mt_events where is_archived = false and type = any($2)
                and seq_id > coalesce((select max(last_seq_id) from lab.mt_event_progression where name = $1), 0) order by seq_id limit {Events}
            """, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = projection.Shard });
        command.Parameters.Add(new NpgsqlParameter { Value = projection.Models.SelectMany(model => model.EventTypes).Distinct().Select(type => LabEvents.Names[type]).ToArray() });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var next = new List<IEvent>();
        while (await rows.ReadAsync(cancellation))
            if (StoredEvents.Read(rows) is { } e)
                next.Add(e);
        return next;
    }

    /// <summary>Classes 22 (data), 23 (integrity) and 54 (limits) of PostgreSQL's errors; of other exceptions those that say nothing of the surroundings.</summary>
    private static bool IsOfTheEvent(Exception e) => e switch
    {
        PostgresException p => p.SqlState[..2] is "22" or "23" or "54",
        NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException or OperationCanceledException or OutOfMemoryException or ObjectDisposedException => false,
        _ => true,
    };
}
