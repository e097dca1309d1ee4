using Npgsql;

namespace SggLab.Tracking.Store;

/// <summary>A projection that has not folded an event which is stored, and for how long that event has waited.</summary>
public sealed record LateProjection(string Name, TimeSpan Waiting);

/// <summary>Whether the read models keep up with the events: any node can ask, whichever one folds.</summary>
public sealed class ProjectionLag(NpgsqlDataSource source)
{
    /// <summary>How long an event may wait before its projection counts as late: a restart of the node that folds takes a few seconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The projections whose oldest unfolded event has waited longer than <paramref name="patience"/>.</summary>
    public async Task<IReadOnlyList<LateProjection>> LateAsync(TimeSpan patience, CancellationToken cancellation = default)
    {
        const string Question = """
            select names.name, now() - waiting.timestamp
            from unnest($1) as names(name)
            left join lab.mt_event_progression progress on progress.name = names.name || ':All'
            cross join lateral (
                select timestamp from lab.mt_events where seq_id > coalesce(progress.last_seq_id, 0) and not is_archived order by seq_id limit 1
            ) waiting
            where waiting.timestamp < now() - $2
            order by names.name
            """;
        await using var command = source.CreateCommand(Question);
        command.Parameters.Add(new NpgsqlParameter { Value = ReadModels.Async().Select(projection => projection.Name).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = patience });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var late = new List<LateProjection>();
        while (await rows.ReadAsync(cancellation))
            late.Add(new(rows.GetString(0), rows.GetTimeSpan(1)));
        return late;
    }
}
