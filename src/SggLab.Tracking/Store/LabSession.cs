using Marten;
using Npgsql;
using SggLab.Tracking.Access;

namespace SggLab.Tracking.Store;

/// <summary>What handlers do with their session beside appending.</summary>
internal static class LabSession
{
    /// <summary>Who the events are by.</summary>
    public static void SignedBy(this IDocumentSession session, Actor by) => session.LastModifiedBy = by.Name;

    public static void SignedByWorker(this IDocumentSession session, string workerId) => session.LastModifiedBy = $"worker {workerId}";

    /// <summary>A statement in the session's transaction, which it opens if need be. $1, $2 … are parameters.</summary>
    public static async Task<NpgsqlCommand> CommandAsync(this IDocumentSession session, string sql, CancellationToken cancellation, params object?[] values)
    {
        await session.BeginTransactionAsync(cancellation);
        var command = session.Connection.CreateCommand();
        command.CommandText = sql;
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    public static async Task<bool> StreamExistsAsync(this IDocumentSession session, string key, CancellationToken cancellation)
    {
        await using var command = await session.CommandAsync("select 1 from lab.mt_streams where tenant_id = $1 and id = $2", cancellation, session.TenantId, key);
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }
}
