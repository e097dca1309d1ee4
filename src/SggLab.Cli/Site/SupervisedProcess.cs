using System.Diagnostics;
using SggLab.Contracts;
using SggLab.Postgres;

namespace SggLab.Cli.Site;

/// <summary>How a part of the site is started.</summary>
public sealed record LaunchPlan(IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment);

/// <summary>
/// One process that is started again when it dies, with growing pauses up to half a minute. After six quick deaths in a row it is given up with a
/// message, unless it says that a part of the environment is away (exit code 3: most often the database), which is no fault of its own.
/// </summary>
/// <param name="mayBeGivenUp">False for what all the others need.</param>
public sealed class SupervisedProcess(string role, string name, LabHome home, Func<LaunchPlan> plan, Action<string> say, bool mayBeGivenUp = true)
{
    private static readonly TimeSpan s_quick = TimeSpan.FromSeconds(20);
    private const int QuickDeathsAllowed = 6;
    private const int EnvironmentAway = 3;

    private Process? _process;
    private long _startedAt, _startAgainAt;
    private int _quickDeaths;

    public string Role => role;
    public string Name => name;
    public string Log => Path.Combine(home.Logs, name + ".log");
    public ProcessIdentity? Identity { get; private set; }
    public bool GivenUp { get; private set; }
    public int Starts { get; private set; }
    /// <summary>Where in the log the output of the present process begins.</summary>
    public long LogFrom { get; private set; }

    /// <summary>In a session of its own, so that Ctrl-C reaches the supervisor alone; output is appended to the log by the kernel and survives the supervisor.</summary>
    public void Start()
    {
        OwnersFile.MakeFolder(home.Logs);
        LogFrom = File.Exists(Log) ? new FileInfo(Log).Length : 0;
        var launch = plan();
        var start = new ProcessStartInfo("setsid", ["/bin/sh", "-c", "log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1", "sh", Log, .. launch.Command]);
        foreach (var (variable, value) in launch.Environment)
            start.Environment[variable] = value;
        start.Environment[Strays.Variable] = home.Folder;
        start.Environment["SGGLAB_HOME"] = home.Folder;
        _process = Process.Start(start) ?? throw new LabException("setsid could not be started; it comes with util-linux.", 3);
        Identity = ProcessIdentity.Of(_process.Id);
        _startedAt = Environment.TickCount64;
        Starts++;
        if (Identity is not null)
            ProcessFiles.Write(home, new(role, name, Identity));
    }

    /// <summary>Notices a death, and starts the process again when its pause is over.</summary>
    public void Watch()
    {
        if (GivenUp || Identity is { IsAlive: true })
            return;
        if (_process is not null)
            NoteDeath();
        else if (Environment.TickCount64 >= _startAgainAt)
        {
            say($"starting {name} again");
            Start();
        }
    }

    private void NoteDeath()
    {
        var lived = TimeSpan.FromMilliseconds(Environment.TickCount64 - _startedAt);
        _quickDeaths = lived < s_quick ? _quickDeaths + 1 : 1;
        var how = ExitText();
        var away = _process is { HasExited: true, ExitCode: EnvironmentAway };
        _process!.Dispose();
        _process = null;
        if (_quickDeaths > QuickDeathsAllowed && mayBeGivenUp && !away)
        {
            GivenUp = true;
            say($"{name} ended {how} for the {_quickDeaths}th time in a row soon after its start and is given up. Why: {Log}; then ./sgglab down and up");
            return;
        }
        var pause = TimeSpan.FromSeconds(Math.Min(30, 0.25 * Math.Pow(2, Math.Min(_quickDeaths, 7))));
        _startAgainAt = Environment.TickCount64 + (long)pause.TotalMilliseconds;
        say($"{name} ended {how} after {lived.TotalSeconds:0} s; starting it again in {pause.TotalSeconds:0.#} s");
    }

    /// <summary>"with code 3", of a process that is no longer alive.</summary>
    public string ExitText()
    {
        // The kernel knows of the death a moment before its exit code is collected.
        if (_process?.WaitForExit(1000) != true)
            return "without an exit code";
        return _process.ExitCode > 128 ? $"by signal {_process.ExitCode - 128}" : $"with code {_process.ExitCode}";
    }

    public void Send(ProcessSignal signal) => Identity?.Send(signal);

    /// <summary>No longer watched; its process file stays, by which it is stopped.</summary>
    public void LetGo()
    {
        _process?.Dispose();
        _process = null;
        GivenUp = true;
    }

    /// <summary>A log over the limit keeps its last part; the process goes on appending to the same file.</summary>
    public void TrimLog(long limit = 32 << 20)
    {
        if (!File.Exists(Log) || new FileInfo(Log).Length <= limit)
            return;
        using var file = new FileStream(Log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = file.Length - limit / 4;
        var rest = new byte[limit / 4];
        var read = file.Read(rest);
        file.SetLength(0);
        file.Position = 0;
        file.Write(rest, 0, read);
    }
}
