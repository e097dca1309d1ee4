using Marten;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Telemetry;

/// <summary>Where an attempt's stream stands. Read without replaying it.</summary>
/// <param name="Stored">Number of the last record stored; record n is version n+1.</param>
/// <param name="Previous">Chain hash before the first record of the batch.</param>
/// <param name="Hashes">Chain hashes of the records stored from the batch's first number on.</param>
internal sealed record AttemptHead(long Stored, long Fence, string Worker, byte[] Previous, IReadOnlyDictionary<long, byte[]> Hashes)
{
    /// <summary>Locks the stream until the session's transaction ends: a second writer waits, then finds the first one's records.</summary>
    /// <returns>null if there is no such attempt.</returns>
    public static async Task<AttemptHead?> LockAsync(IDocumentSession session, string runId, int attempt, long first, CancellationToken cancellation)
    {
        var key = StreamKeys.Attempt(runId, attempt);
        await using var state = await session.CommandAsync("select version from lab.mt_streams where tenant_id = $1 and id = $2 for update", cancellation, session.TenantId, key);
        if (await state.ExecuteScalarAsync(cancellation) is not long version)
            return null;
        await using var opened = await session.CommandAsync($"""
            select version, data->>'fence', data->>'worker', substring(bdata from 1 for {RecordFormat.HeaderLength}) from lab.mt_events
            where tenant_id = $1 and stream_id = $2 and (version = 1 or version >= $3) order by version
            """, cancellation, session.TenantId, key, first);
        await using var reader = await opened.ExecuteReaderAsync(cancellation);
        var (fence, worker, previous) = (0L, "", RecordFormat.ChainStart(key));
        var hashes = new Dictionary<long, byte[]>();
        while (await reader.ReadAsync(cancellation))
        {
            var n = reader.GetInt64(0) - 1;
            if (n == 0)
                (fence, worker) = (long.Parse(reader.GetString(1), provider: null), reader.GetString(2));
            else if (n == first - 1)
                previous = RecordFormat.HashOf(reader.GetFieldValue<byte[]>(3));
            else
                hashes[n] = RecordFormat.HashOf(reader.GetFieldValue<byte[]>(3));
        }
        return new AttemptHead(version - 1, fence, worker, previous, hashes);
    }
}
