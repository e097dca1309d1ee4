using System.Globalization;
using System.Runtime.InteropServices;

namespace SggLab.Postgres;

/// <summary>A process known by id, start time and boot, so that a recycled id is never mistaken for it.</summary>
/// <param name="Started">Clock ticks since boot, field 22 of /proc/PID/stat.</param>
/// <param name="Boot">The kernel's boot id: after a reboot no old identity is alive.</param>
public sealed record ProcessIdentity(int Pid, long Started, string Boot)
{
    /// <summary>The running process with this id, or null; one that ended but was not yet waited for (a zombie) counts as ended.</summary>
    public static ProcessIdentity? Of(int pid) =>
        Stat(pid) is { } stat && stat.State is not ('Z' or 'X') ? new(pid, stat.Started, BootId) : null;

    public bool IsAlive => Boot == BootId && Of(Pid)?.Started == Started;

    /// <summary>Sends the signal unless the process has ended.</summary>
    public void Send(ProcessSignal signal)
    {
        if (IsAlive)
            _ = kill(Pid, (int)signal);
    }

    /// <summary>Sends each signal in turn, waiting the time given with it for the process to end. True when it ended.</summary>
    public async Task<bool> StopAsync(params (ProcessSignal Signal, TimeSpan Wait)[] steps)
    {
        foreach (var (signal, wait) in steps)
        {
            Send(signal);
            if (await EndsWithinAsync(wait))
                return true;
        }
        return !IsAlive;
    }

    public async Task<bool> EndsWithinAsync(TimeSpan wait)
    {
        for (var began = Environment.TickCount64; IsAlive; await Task.Delay(50))
            if (Environment.TickCount64 - began > wait.TotalMilliseconds)
                return false;
        return true;
    }

    private static string BootId { get; } = ReadBootId();

    private static string ReadBootId()
    {
        try { return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return "unknown"; }
    }

    private static (char State, long Started)? Stat(int pid)
    {
        try
        {
            // The command's name stands in parentheses and may hold spaces: fields are counted from the last one.
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
}

/// <summary>Linux signal numbers. Of PostgreSQL's postmaster: Interrupt = fast shutdown, Quit = immediate, as after a crash.</summary>
public enum ProcessSignal { Hangup = 1, Interrupt = 2, Quit = 3, Kill = 9, Terminate = 15 }
