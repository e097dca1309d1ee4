using System.Globalization;

namespace SggLab.Postgres;

/// <summary>A folder with PostgreSQL's server programs (postgres, initdb) of one version.</summary>
public sealed record PostgresBinaries(string Folder, int Major, string Version)
{
    /// <summary>A folder named by SGGLAB_POSTGRES_BIN is the only one looked at.</summary>
    public static string? Named => Environment.GetEnvironmentVariable("SGGLAB_POSTGRES_BIN") is { Length: > 0 } folder ? folder : null;

    /// <summary>All usable ones, newest first: where Debian, Fedora and PostgreSQL's own packages put them, then those on PATH.</summary>
    public static async Task<IReadOnlyList<PostgresBinaries>> FindAsync()
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in Candidates().Distinct())
            if (File.Exists(Path.Combine(folder, "postgres")) && await ReadAsync(folder) is { } binaries)
                found.Add(binaries);
        return [.. found.DistinctBy(b => b.Major).OrderByDescending(b => b.Major)];
    }

    public string Program(string name) => Path.Combine(Folder, name);

    private static IEnumerable<string> Candidates()
    {
        if (Named is { } named)
        {
            yield return named;
            yield break;
        }
        foreach (var root in new[] { "/usr/lib/postgresql", "/usr/local/lib/postgresql" })
            if (Directory.Exists(root))
                foreach (var version in Directory.GetDirectories(root))
                    yield return Path.Combine(version, "bin");
        foreach (var version in Directory.GetDirectories("/usr", "pgsql-*"))
            yield return Path.Combine(version, "bin");
        yield return "/usr/local/pgsql/bin";
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            if (OnPath(folder) is { } real)
                yield return real;
    }

    /// <summary>A link on PATH leads to the folder that holds initdb and the libraries beside it.</summary>
    private static string? OnPath(string folder)
    {
        var postgres = new FileInfo(Path.Combine(folder, "postgres"));
        if (!postgres.Exists)
            return null;
        var target = postgres.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? postgres.FullName;
        return File.Exists(Path.Combine(Path.GetDirectoryName(target)!, "initdb")) ? Path.GetDirectoryName(target) : null;
    }

    private static async Task<PostgresBinaries?> ReadAsync(string folder)
    {
        // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
        var run = await CommandRun.RunAsync(Path.Combine(folder, "postgres"), ["--version"], TimeSpan.FromSeconds(10));
        var words = run.Output.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (!run.Succeeded || words.Length < 3 || !File.Exists(Path.Combine(folder, "initdb")))
            return null;
        var version = words[2].Trim();
        var digits = new string([.. version.TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, CultureInfo.InvariantCulture, out var major) && major >= PostgresVersions.Oldest ? new(folder, major, version) : null;
    }
}

public static class PostgresVersions
{
    /// <summary>Marten's event store needs the features of PostgreSQL 14.</summary>
    public const int Oldest = 14;
}
