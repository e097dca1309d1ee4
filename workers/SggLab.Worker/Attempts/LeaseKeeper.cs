using SggLab.Client;

namespace SggLab.Worker.Attempts;

/// <summary>Renews an attempt's lease every third of its time to live and passes on what the answer asks for.</summary>
public sealed class LeaseKeeper(LabClient client, AttemptIdentity attempt, WorkerLog log, Heartbeat heartbeat)
{
    /// <summary>The server asks to stop: cancel.</summary>
    public event Action<string>? StopRequested;
    /// <summary>The run went elsewhere; the reason in the server's words.</summary>
    public event Action<string>? Lost;

    public async Task RunAsync(CancellationToken stop)
    {
        var wait = TimeSpan.FromSeconds(Math.Max(1, attempt.TtlSeconds)) / 3;
        var (away, first) = (false, true);
        while (true)
        {
            // A cancel should not wait for a third of a minute, so the beat is quicker than the lease needs.
            var beat = wait < LongestBeat ? wait : LongestBeat;
            await Task.Delay(first ? beat / 2 : beat, stop);
            first = false;
            heartbeat.Beat();
            try
            {
                var renewed = await client.RenewAsync(attempt.RunId, attempt.Attempt, attempt.Fence, stop);
                if (away) log.Info("lease renewed again", ("run", attempt.RunId), ("attempt", attempt.Attempt));
                away = false;
                wait = TimeSpan.FromSeconds(Math.Max(1, renewed.TtlSeconds)) / 3;
                if (renewed.Stop is { } asked) StopRequested?.Invoke(asked);
            }
            catch (LabApiException e) when (e.IsConflict || e.IsNotFound)
            {
                Lost?.Invoke(e.Message);
                return;
            }
            catch (LabApiException e)
            {
                // The run goes on without the server; what it says later decides.
                if (!away) log.Warn("lease not renewed", ("run", attempt.RunId), ("attempt", attempt.Attempt), ("reason", e.Message));
                away = true;
            }
        }
    }

    private static readonly TimeSpan LongestBeat = TimeSpan.FromSeconds(5);
}
