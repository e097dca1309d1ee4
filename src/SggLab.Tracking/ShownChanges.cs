using Npgsql;
using SggLab.Tracking.Store;

namespace SggLab.Tracking;

/// <summary>
/// Lets a person's command answer when lists and pages show what it did: whoever reads right after it must not be told that it never happened. Records of workers
/// never wait here.
/// </summary>
public sealed class ShownChanges(NpgsqlDataSource source, LabSettings settings)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(15);

    internal async Task WaitAsync(string project, IReadOnlyList<string> streams, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(settings.ShowWithin);
        try
        {
            await using var last = source.CreateCommand("select coalesce(max(seq_id), 0) from lab.mt_events where tenant_id = $1 and stream_id = any($2)");
            last.Parameters.Add(new NpgsqlParameter { Value = project });
            last.Parameters.Add(new NpgsqlParameter { Value = streams.ToArray() });
            var sequence = (long)(await last.ExecuteScalarAsync(limit.Token))!;
            while (await ProgressAsync(limit.Token) < sequence)
                await Task.Delay(Look, limit.Token);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException || e is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // What was decided is stored and stays so; that it is not shown yet is for the health check to say.
        }
    }

    /// <summary>Whether a run is stored, shown or not.</summary>
    public async Task<bool> HasRunAsync(Access.Actor by, string runId, CancellationToken cancellation = default)
    {
        Access.Permissions.RequireRead(by);
        await using var command = source.CreateCommand("select 1 from lab.mt_streams where tenant_id = $1 and id = $2");
        command.Parameters.Add(new NpgsqlParameter { Value = by.Project });
        command.Parameters.Add(new NpgsqlParameter { Value = StreamKeys.Run(runId) });
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }

    private async Task<long> ProgressAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("select coalesce(max(last_seq_id), 0) from lab.mt_event_progression where name = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = ReadModels.LifeShard });
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
