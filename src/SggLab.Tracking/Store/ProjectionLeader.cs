using JasperFx;
using JasperFx.Events.Daemon;
using Marten;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SggLab.Tracking.Store;

/// <summary>
/// Runs the projections on one of the web nodes: the one that holds an advisory lock. The others try for it each second, so that a dead node is replaced within
/// about one. The store's own coordinator is not used: it wants a patched build of a lock library that public feeds lack. Should two nodes ever both believe
/// that they lead, the slower one's progress update fails and its batch with it: nothing is folded twice.
/// </summary>
internal sealed class ProjectionLeader(IDocumentStore store, NpgsqlDataSource source, ILogger<ProjectionLeader> log) : BackgroundService
{
    private const long LeaderLock = 0x5347474C4541;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(stoppingToken);
                if (await TryLockAsync(connection, stoppingToken))
                    await LeadAsync(connection, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogWarning("The projections stopped on this node and will start again: {Problem}", e.Message);
            }
            await Task.Delay(Poll, stoppingToken);
        }
    }

    private static async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select pg_try_advisory_lock({LeaderLock})", connection);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>Leads until the lock's connection breaks, a projection fails or the node stops.</summary>
    private async Task LeadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        using var daemon = await store.BuildProjectionDaemonAsync();
        try
        {
            await daemon.StartAllAsync();
            while (true)
            {
                await Task.Delay(Poll, cancellation);
                await using var alive = new NpgsqlCommand("select 1", connection);
                await alive.ExecuteScalarAsync(cancellation);
                if (daemon.HasAnyPaused())
                {
                    await Task.Delay(Recovery, cancellation);
                    throw new InvalidOperationException($"{string.Join(", ", daemon.CurrentAgents().Where(agent => agent.Status == AgentStatus.Paused).Select(agent => agent.Name.Identity))} paused after an error, see the log above.");
                }
            }
        }
        finally
        {
            await daemon.StopAllAsync();
        }
    }
}
