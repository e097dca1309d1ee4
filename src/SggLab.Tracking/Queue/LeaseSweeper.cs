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
        // After an outage of the site every worker looks silent: let them be heard first.
        var heard = settings.LeaseTtl < settings.LeaseGrace ? settings.LeaseTtl : settings.LeaseGrace;
        for (var wait = heard; ; wait = settings.SweepEvery)
        {
            try
            {
                await Task.Delay(wait, time, stoppingToken);
                await SweepAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                log.LogWarning("Could not look for silent leases, will try again: {Problem}", e.Message);
            }
        }
    }

    internal async Task SweepAsync(CancellationToken cancellation)
    {
        var silent = new List<(string Project, string RunId, long Fence)>();
        await using (var command = source.CreateCommand("select tenant_id, run_id, fence from lab.worker_lease where renewed_at < now() - $1"))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = settings.LeaseGrace });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                silent.Add((reader.GetString(0), reader.GetString(1), reader.GetInt64(2)));
        }
        foreach (var (project, runId, fence) in silent)
            await commands.SendAsync(new EndSilentLease(Actor.System(project), runId, fence), cancellation);
    }
}
