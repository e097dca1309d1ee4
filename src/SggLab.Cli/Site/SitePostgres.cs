using SggLab.Contracts;
using SggLab.Postgres;

namespace SggLab.Cli.Site;

/// <summary>The site's database: a given server is remembered (in a file only the owner reads), so that a later `up` without the option finds the same runs.</summary>
public static class SitePostgres
{
    public static async Task<ProvisionedPostgres> ProvideAsync(LabHome home, string? asked, Action<string> say, CancellationToken cancel)
    {
        var given = asked ?? Environment.GetEnvironmentVariable("SGGLAB_POSTGRES");
        var saved = File.Exists(SavedFile(home)) ? (await File.ReadAllTextAsync(SavedFile(home), cancel)).Trim() : null;
        if (string.IsNullOrWhiteSpace(given) && saved is not null)
            say($"using the PostgreSQL server of last time (to forget it: rm {SavedFile(home)})");
        var chosen = string.IsNullOrWhiteSpace(given) ? saved : given;
        if (chosen is not null && new PostgresFolder(home.Postgres).Kind is { } kind && saved is null)
            say($"note: this home also has a database of its own ({kind}, in {home.Postgres}); the server you named is used, and the runs in the other are not shown");
        var postgres = await PostgresProvider.ProvideAsync(new PostgresRequest { Folder = home.Postgres, ConnectionString = chosen }, say, cancel);
        if (postgres.Kind == "connection" && chosen != saved)
            Save(home, chosen!);
        return postgres;
    }

    private static string SavedFile(LabHome home) => Path.Combine(home.Folder, "postgres-connection");

    private static void Save(LabHome home, string connectionString)
    {
        File.Delete(SavedFile(home));
        using var writer = new StreamWriter(SavedFile(home), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        writer.WriteLine(connectionString);
    }

    /// <summary>The server answers now; asked each few seconds of one in a container.</summary>
    public static async Task<bool> AnswersAsync(ProvisionedPostgres postgres, CancellationToken cancel)
    {
        try
        {
            await GivenPostgres.CheckAsync(postgres.ConnectionString, cancel);
            return true;
        }
        catch (LabException) { return false; }
    }
}
