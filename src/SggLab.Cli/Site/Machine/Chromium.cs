using SggLab.Contracts;
using SggLab.Postgres;

namespace SggLab.Cli.Site.Machine;

/// <summary>The browser that the end-to-end tests drive.</summary>
public static class Chromium
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>SGGLAB_CHROMIUM, else the first of the usual names on PATH.</summary>
    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable("SGGLAB_CHROMIUM") is { Length: > 0 } named && File.Exists(named))
            return named;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Append("/usr/bin");
        return folders.SelectMany(f => s_names.Select(n => Path.Combine(f, n))).FirstOrDefault(File.Exists);
    }

    public static async Task<string> EnsureAsync(Action<string> say, CancellationToken cancel)
    {
        if (Find() is { } there)
            return there;
        await AptPackages.TryInstallAsync(["chromium"], say, cancel);
        return Find() ?? throw new LabException($"The browser tests need Chromium. {Remedy}", 3);
    }

    public const string Remedy = "Install it (Debian: apt-get install -y chromium; Fedora: dnf install -y chromium; Ubuntu: Google Chrome's package) or name one with SGGLAB_CHROMIUM.";
}
