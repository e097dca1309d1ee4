namespace SggLab.Postgres;

/// <summary>Installs Debian and Ubuntu packages, only as root.</summary>
public static class AptPackages
{
    public static bool Possible => Environment.IsPrivilegedProcess && File.Exists("/usr/bin/apt-get");

    /// <summary>Tries, after refreshing the package lists when they lack one. False with the reason said when it cannot.</summary>
    public static async Task<bool> TryInstallAsync(IReadOnlyList<string> packages, Action<string> say, CancellationToken cancel, params string[] options)
    {
        if (!Possible)
            return false;
        say($"installing {string.Join(", ", packages)} …");
        var run = await InstallAsync(packages, options, cancel);
        if (!run.Succeeded)
        {
            say("refreshing the package lists …");
            await CommandRun.RunAsync("apt-get", ["update", "-qq"], TimeSpan.FromMinutes(5), s_quiet, cancel: cancel);
            run = await InstallAsync(packages, options, cancel);
        }
        if (!run.Succeeded)
            say($"apt-get could not install {string.Join(", ", packages)}: {run.LastLines(2)}");
        return run.Succeeded;
    }

    private static Task<CommandResult> InstallAsync(IReadOnlyList<string> packages, string[] options, CancellationToken cancel) =>
        CommandRun.RunAsync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", .. options, .. packages], TimeSpan.FromMinutes(15), s_quiet, cancel: cancel);

    private static readonly Dictionary<string, string?> s_quiet = new() { ["DEBIAN_FRONTEND"] = "noninteractive", ["NEEDRESTART_MODE"] = "l" };
}
