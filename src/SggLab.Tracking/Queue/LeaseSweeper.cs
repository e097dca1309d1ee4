using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SggLab.Tracking.Access;

namespace SggLab.Tracking.Queue;

/// <summary>Looks for leases that were not renewed for longer than the grace. Each web node may run one: ending a lease twice changes nothing.</summary>
internal sealed class LeaseSweeper(NpgsqlDataSource source, LabCommands commands, LabSettings settings, TimeProvider time, ILogger<LeaseSweeper> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var rhythm = new SweepRhythm(settings);
        while (true)
        {
            try
            {
                await Task.Delay(rhythm.Next(time.GetUtcNow()), time, stoppingToken);
                if (rhythm.MaySweep(time.GetUtcNow()))
                    await SweepAsync(stoppingToken);
                else
                    log.LogWarning("This process was away for a while (did the machine sleep?): workers have time to be heard before any is taken for silent");
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                rhythm.Failed();
                log.LogWarning("Could not look for silent leases, will try again: {Problem}", e.Message);
            }
        }
    }

    internal async Task SweepAsync(CancellationToken cancellation)
    {
        var silent = new List<(string Project, string RunId, long Fence)>();
        await using (var command = source.CreateCommand("select tenant_id, run_id, fence from lab.worker_lease where renewed_at < now() - case when may_be_offline then $2 else $1 end"))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = settings.LeaseGrace });
            command.Parameters.Add(new NpgsqlParameter { Value = settings.OfflineGrace });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                silent.Add((reader.GetString(0), reader.GetString(1), reader.GetInt64(2)));
        }
        foreach (var (project, runId, fence) in silent)
            await commands.SendAsync(new EndSilentLease(Actor.System(project), runId, fence), cancellation);
    }
}
