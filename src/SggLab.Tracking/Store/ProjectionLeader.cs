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
internal sealed class ProjectionLeader(IDocumentStore store, NpgsqlDataSource source, DeadLetters letters, ILogger<ProjectionLeader> log) : BackgroundService
{
    private const long LeaderLock = 0x5347474C4541;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // One for the life of the process: a daemon that is thrown away leaves its listening connection behind.
        using var daemon = await store.BuildProjectionDaemonAsync();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(stoppingToken);
                if (await AskAsync(connection, $"select pg_try_advisory_lock({LeaderLock})", stoppingToken))
                    await LeadAsync(daemon, connection, stoppingToken);
                await Task.Delay(Poll, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                log.LogWarning("The projections stopped on this node and will start again: {Problem}", e.Message);
                await Task.Delay(Poll, CancellationToken.None);
            }
        }
    }

    /// <summary>Leads until the lock's connection breaks or the node stops.</summary>
    private async Task LeadAsync(IProjectionDaemon daemon, NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            await letters.ListAsync(cancellation);
            await daemon.StartAllAsync();
            while (true)
            {
                await Task.Delay(Poll, cancellation);
                await AskAsync(connection, "select true", cancellation);
                if (daemon.HasAnyPaused())
                    await RestartAsync(daemon, cancellation);
            }
        }
        finally
        {
            await daemon.StopAllAsync();
            await ReleaseAsync(connection);
        }
    }

    /// <summary>A projection that met an error stands still. An event at fault becomes a dead letter; anything else may be over after a while.</summary>
    private async Task RestartAsync(IProjectionDaemon daemon, CancellationToken cancellation)
    {
        foreach (var name in daemon.CurrentAgents().Where(agent => agent.Status == AgentStatus.Paused).Select(agent => agent.Name.Identity).ToList())
        {
            log.LogError("Projection {Name} stopped at an error, see above; it starts again", name);
            if (!await SkipAsync(name, cancellation))
                await Task.Delay(Recovery, cancellation);
            await daemon.StartAgentAsync(name, cancellation);
        }
    }

    private async Task<bool> SkipAsync(string name, CancellationToken cancellation)
    {
        if (ReadModels.Async().FirstOrDefault(projection => projection.Shard == name) is not { } projection)
            return false;
        var found = await new FoldTrial(source).FindAsync(projection, letters, cancellation);
        foreach (var letter in found)
            log.LogError("Projection {Name} goes on without event {Sequence} ({Type} of {Stream}): {Problem}", name, letter.Sequence, letter.EventType, letter.Stream, letter.Problem);
        await letters.AddAsync(found, cancellation);
        return found.Count > 0;
    }

    private static async Task<bool> AskAsync(NpgsqlConnection connection, string question, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(question, connection);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>The pool keeps a returned connection open, and with it the lock.</summary>
    private static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        try
        {
            await AskAsync(connection, $"select pg_advisory_unlock({LeaderLock})", CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // Broken: the server let the lock go when it noticed.
        }
    }
}
