using System.Diagnostics;
using SggLab.Postgres;

namespace SggLab.PostgresFixture;

/// <summary>A throw-away server from PostgreSQL's programs.</summary>
internal static class LocalServer
{
    public static async Task<string> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("sgglab-test-postgres-").FullName;
        var server = await PostgresProvider.ProvideAsync(
            new PostgresRequest { Folder = folder, Database = "postgres", Disposable = true, MayUseDocker = false }, Console.Error.WriteLine);
        EndWithUs(server.Process!, folder);
        return server.ConnectionString;
    }

    /// <summary>
    /// A shell in a session of its own waits for the end of its standard input, which comes when this process ends, even by kill -9;
    /// then it stops the server and removes the folder.
    /// </summary>
    private static void EndWithUs(ProcessIdentity server, string folder)
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
        s_watch = Process.Start(start);
    }

    /// <summary>Held so that the pipe stays open.</summary>
    private static Process? s_watch;
}
