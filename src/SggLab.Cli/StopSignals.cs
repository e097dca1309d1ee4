using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SggLab.Cli;

/// <summary>Ctrl-C and SIGTERM as a command meets them: the exit code says which it was, one line says what is kept, and Ctrl-C once more waits for nothing.</summary>
internal sealed class StopSignals : IDisposable
{
    private const int Interrupted = 130, Terminated = 143;

    /// <summary>A command that takes longer to stop says that it has heard.</summary>
    private static readonly TimeSpan s_noticeable = TimeSpan.FromSeconds(5);

    private readonly LabCommand? _command;
    private readonly bool _isTold;
    private readonly PosixSignalRegistration[] _registrations;
    private readonly CancellationTokenSource _asked = new();
    private readonly TaskCompletionSource<int> _outOfPatience = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stopwatch _sinceFirst = new();
    private int _code;

    /// <param name="isTold">Whether the command's own token is cancelled; without one the signal ends the process where it is.</param>
    public StopSignals(LabCommand? command, bool isTold)
    {
        (_command, _isTold) = (command, isTold);
        _registrations = command is { OwnsSignals: true } ? [] : [PosixSignalRegistration.Create(PosixSignal.SIGINT, Meet), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Meet)];
    }

    private void Meet(PosixSignalContext context)
    {
        lock (_sinceFirst)
        {
            if (_sinceFirst.IsRunning)
            {
                context.Cancel = _isTold;
                // Of SIGTERM `timeout` sends two, and so does whoever signals a process and its group.
                if (context.Signal == PosixSignal.SIGINT && _sinceFirst.ElapsedMilliseconds > 500)
                    Environment.Exit(_code);
                return;
            }
            _sinceFirst.Start();
            _code = context.Signal == PosixSignal.SIGINT ? Interrupted : Terminated;
        }
        if (_isTold)
            Tell(context);
        else
            Console.Error.WriteLine(Stopped);
    }

    private void Tell(PosixSignalContext context)
    {
        context.Cancel = true;
        var patience = _command?.StopsWithin ?? LabCommand.UsualPatience;
        if (patience > s_noticeable)
            Console.Error.WriteLine("sgglab: stopping; Ctrl-C once more ends it at once.");
        _ = _asked.CancelAsync();
        _ = Task.Delay(patience).ContinueWith(_ => _outOfPatience.TrySetResult(_code), TaskScheduler.Default);
    }

    /// <summary>Runs a command until it is done, or was asked to stop and did not within its time.</summary>
    public async Task<int> RunAsync(Func<CancellationToken, Task<int>> command) => await await Task.WhenAny(command(_asked.Token), _outOfPatience.Task);

    /// <summary>Whether a cancellation is a stop that was asked for. Of a command that meets the signals itself nothing else is known.</summary>
    public bool IsAsked => _code != 0 || _command is { OwnsSignals: true };

    /// <summary>The line about a command that was stopped.</summary>
    public string Stopped => _command?.Kept is { } kept ? $"sgglab: stopped; {kept}" : "sgglab: stopped.";

    /// <summary>The exit code of the process, after the line about what is kept.</summary>
    /// <param name="code">What the command came to.</param>
    public int Conclude(int code)
    {
        if (_code == 0 || code is not (Interrupted or Terminated))
            return code;
        if (_command?.Kept is not null)
            Console.Error.WriteLine(Stopped);
        return _code;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _asked.Dispose();
    }
}
