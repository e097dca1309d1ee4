using System.Diagnostics;

namespace SggLab.Postgres;

/// <summary>
/// Ties a throw-away server to the life of this process: a shell in a session of its own waits for the end of its standard input, which comes
/// when this process ends, even by kill -9; then it stops the server and removes its folder.
/// </summary>
public static class EndsWithUs
{
    /// <summary>Held so that the pipes stay open.</summary>
    private static readonly List<Process> s_watches = [];

    public static void Watch(ProcessIdentity server, string folder)
    {
        // An ended server whose parent is gone may stay as a zombie (state Z) where nothing collects it.
        const string script = "read -r _; kill -QUIT \"$1\"; "
            + "for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do case $(cat \"/proc/$1/stat\" 2>/dev/null) in ''|*') Z '*) break;; esac; sleep 0.2; done; rm -rf \"$2\"";
        var start = new ProcessStartInfo("setsid", ["/bin/sh", "-c", script, "sh", $"{server.Pid}", folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        lock (s_watches)
            s_watches.Add(Process.Start(start)!);
    }
}
