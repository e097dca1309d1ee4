using System.Collections.Frozen;
using Npgsql;

namespace SggLab.Tracking.Store;

/// <summary>An event that a projection could not fold and went on without: what it serves lacks that event.</summary>
/// <param name="Projection">With its version, as in life:All. A new version of the projection begins without dead letters.</param>
public sealed record DeadLetter(string Projection, long Sequence, string Stream, string EventType, string Problem);

/// <summary>The events that projections leave out. Stored, so that every node and a rebuild leave out the same ones.</summary>
public sealed class DeadLetters(NpgsqlDataSource source)
{
    // A projection asks for every event it folds.
    private FrozenSet<(string Projection, long Sequence)> _known = [];

    /// <summary>Whether the projection leaves this event out, as of the last <see cref="ListAsync"/>.</summary>
    internal bool Contains(string projection, long sequence) => _known.Count > 0 && _known.Contains((projection, sequence));

    public async Task<IReadOnlyList<DeadLetter>> ListAsync(CancellationToken cancellation = default)
    {
        var all = await source.ReadAsync("select projection, sequence, stream_id, event_type, problem from lab.dead_letter order by sequence, projection",
            row => new DeadLetter(row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetString(4)), cancellation);
        _known = all.Select(letter => (letter.Projection, letter.Sequence)).ToFrozenSet();
        return all;
    }

    internal async Task AddAsync(IEnumerable<DeadLetter> letters, CancellationToken cancellation)
    {
        foreach (var letter in letters)
        {
            await using var command = source.CreateCommand("insert into lab.dead_letter (projection, sequence, stream_id, event_type, problem) values ($1, $2, $3, $4, $5) on conflict do nothing");
            foreach (var value in (ReadOnlySpan<object>)[letter.Projection, letter.Sequence, letter.Stream, letter.EventType, SafeText.Of(letter.Problem, 1000)])
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.ExecuteNonQueryAsync(cancellation);
        }
        await ListAsync(cancellation);
    }
}
