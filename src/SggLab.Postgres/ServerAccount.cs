using SggLab.Contracts;

namespace SggLab.Postgres;

/// <summary>
/// Who runs the server. PostgreSQL refuses to run as root, so root starts it as postgres or nobody. That account often cannot enter
/// the folders above the data folder (/root is closed to it), so root opens the data folder and hands it over as file descriptor 3:
/// the server then reaches it as /proc/self/fd/3, wherever it lies.
/// </summary>
public sealed record ServerAccount(string? Name, string Uid, string Gid)
{
    /// <summary>The caller's own account where it is not root.</summary>
    public static ServerAccount Choose()
    {
        if (!Environment.IsPrivilegedProcess)
            return new(null, "", "");
        var accounts = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Where(f => f.Length > 3).DistinctBy(f => f[0]).ToDictionary(f => f[0]);
        foreach (var name in new[] { "postgres", "nobody" })
            if (accounts.TryGetValue(name, out var fields))
                return new(name, fields[2], fields[3]);
        throw new LabException("PostgreSQL does not run as root, and this machine has neither an account postgres nor nobody. Make one (useradd --system postgres), run sgglab as an ordinary user, or name a server with --postgres.", 3);
    }

    /// <summary>Gives the folder to the account.</summary>
    public async Task OwnAsync(string path)
    {
        if (Name is not null && await CommandRun.RunAsync("chown", [$"{Uid}:{Gid}", path], TimeSpan.FromSeconds(10)) is { Succeeded: false } failed)
            throw new LabException($"Cannot give {path} to the account {Name}, under which PostgreSQL runs: {failed.LastLines(1)}", 3);
    }

    /// <summary>How the account reaches the data folder.</summary>
    public string Reach(string dataFolder) => Name is null ? dataFolder : "/proc/self/fd/3";

    /// <summary>A command for sh that runs program and arguments as the account with the data folder as descriptor 3; output goes to the log where one is given.</summary>
    public IReadOnlyList<string> Wrap(string dataFolder, string? log, IEnumerable<string> command)
    {
        var script = "data=$1 log=$2; shift 2; umask 077; "
            + (Name is null ? "" : "exec 3<\"$data\"; cd /; ")
            + "if [ -n \"$log\" ]; then exec \"$@\" </dev/null >>\"$log\" 2>&1; else exec \"$@\" </dev/null; fi";
        return ["-c", script, "sh", dataFolder, log ?? "", .. Drop(), .. command];
    }

    private IEnumerable<string> Drop() => Name is null ? []
        : File.Exists("/usr/bin/setpriv") || File.Exists("/bin/setpriv") ? ["setpriv", $"--reuid={Uid}", $"--regid={Gid}", "--clear-groups"]
        : ["runuser", "-u", Name, "--"];
}
