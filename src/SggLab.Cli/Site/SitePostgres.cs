using SggLab.Postgres;

namespace SggLab.Cli.Site;

/// <summary>The site's database: a given server is remembered (in a file only the owner reads), so that a later `up` without the option finds the same runs.</summary>
public static class SitePostgres
{
    public static async Task<ProvisionedPostgres> ProvideAsync(LabHome home, string? asked, Action<string> say, CancellationToken cancel)
    {
        var (given, saved) = Named(home, asked);
        if (given is null && saved is not null)
            say($"using the PostgreSQL server of last time (to forget it: rm {SavedFile(home)})");
        var chosen = given ?? saved;
        if (chosen is not null && new PostgresFolder(home.Postgres).Kind is { } kind && saved is null)
            say($"note: this home also has a database of its own ({kind}, in {home.Postgres}); the server you named is used, and the runs in the other are not shown");
        var postgres = await PostgresProvider.ProvideAsync(new PostgresRequest { Folder = home.Postgres, ConnectionString = chosen }, say, cancel);
        if (postgres.Kind == "connection" && chosen != saved)
        {
            OwnersFile.MakeFolder(home.Folder);
            OwnersFile.Write(SavedFile(home), chosen + "\n");
        }
        return postgres;
    }

    /// <summary>The server that the user named, now or at an earlier start; null = the home's own.</summary>
    public static (string? Given, string? Saved) Named(LabHome home, string? asked)
    {
        var given = asked ?? Environment.GetEnvironmentVariable("SGGLAB_POSTGRES");
        return (string.IsNullOrWhiteSpace(given) ? null : given, File.Exists(SavedFile(home)) ? File.ReadAllText(SavedFile(home)).Trim() : null);
    }

    public static string SavedFile(LabHome home) => Path.Combine(home.Folder, "postgres-connection");
}
