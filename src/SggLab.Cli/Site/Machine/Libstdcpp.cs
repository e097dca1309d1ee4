using SggLab.Contracts;
using SggLab.Postgres;

namespace SggLab.Cli.Site.Machine;

/// <summary>libtorch needs a C++ library with the symbols GLIBCXX_3.4.32 (GCC 13), which Debian 12 and Ubuntu 22.04 lack.</summary>
public static class Libstdcpp
{
    private const string Wanted = "GLIBCXX_3.4.32";
    private const string Source = "/etc/apt/sources.list.d/sgglab-trixie.list";
    private const string Preferences = "/etc/apt/preferences.d/sgglab-trixie";

    /// <summary>The library that programs load here, and whether it is new enough.</summary>
    public static async Task<(string? Path, bool NewEnough)> FindAsync()
    {
        // "        libstdc++.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libstdc++.so.6"
        var cache = await CommandRun.RunAsync("/sbin/ldconfig", ["-p"], TimeSpan.FromSeconds(10));
        var listed = cache.Output.Split('\n').Where(l => l.Contains("libstdc++.so.6", StringComparison.Ordinal) && l.Contains("=>", StringComparison.Ordinal)).Select(l => l.Split("=>")[1].Trim());
        var preset = (Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(f => Path.Combine(f, "libstdc++.so.6"));
        var path = preset.Concat(listed).Concat(["/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib64/libstdc++.so.6"]).FirstOrDefault(File.Exists);
        return (path, path is not null && (await File.ReadAllBytesAsync(path)).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(Wanted)) >= 0);
    }

    /// <summary>Installs it on Debian 12 as root, from Debian 13 pinned so low that nothing else comes from there; elsewhere says what to do.</summary>
    public static async Task EnsureAsync(Action<string> say, CancellationToken cancel)
    {
        if ((await FindAsync()).NewEnough)
            return;
        if (AptPackages.Possible && (await File.ReadAllTextAsync("/etc/os-release", cancel)).Contains("bookworm", StringComparison.Ordinal))
        {
            say("libtorch needs a newer C++ library than Debian 12 has; taking libstdc++6 from Debian 13 …");
            await File.WriteAllTextAsync(Preferences, "Package: *\nPin: release n=trixie\nPin-Priority: 100\n", cancel);
            await File.WriteAllTextAsync(Source, "deb http://deb.debian.org/debian trixie main\n", cancel);
            await CommandRun.RunAsync("apt-get", ["update", "-qq"], TimeSpan.FromMinutes(5), cancel: cancel);
            await AptPackages.TryInstallAsync(["libstdc++6"], say, cancel, "-t", "trixie");
        }
        if (!(await FindAsync()).NewEnough)
            throw new LabException(Remedy, 3);
    }

    public const string Remedy = $"""
        libtorch needs a C++ library with {Wanted}, which this machine lacks.
          Debian 12 as root:   ./sgglab up does it by itself, or:
                               echo 'deb http://deb.debian.org/debian trixie main' > {Source}
                               printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' > {Preferences}
                               apt-get update && apt-get install -y -t trixie libstdc++6
          Ubuntu 22.04:        sudo add-apt-repository ppa:ubuntu-toolchain-r/test && sudo apt-get install -y libstdc++6
          newer systems (Debian 13, Ubuntu 24.04, Fedora 39) have it.
        """;
}
