using System.CommandLine;
using SggLab.Contracts;
using SggLab.Postgres;
using SggLab.Tracking.Store;

namespace SggLab.Cli.Site;

public static class DatabaseCommands
{
    public static Command Create()
    {
        var group = new Command("db", "The site's database.");
        group.Add(Migrate());
        return group;
    }

    private static LabCommand Migrate()
    {
        var home = HomeOption.Create();
        var postgres = new Option<string?>("--postgres") { Description = "Connection string of the database, also SGGLAB_POSTGRES; by default the one of the home folder.", HelpName = "CONNECTION" };
        var firstAdmin = new Option<bool>("--first-admin") { Description = "Also make the first administrator and a worker token, as files in the home folder that only the owner reads." };
        var workerToken = new Option<string?>("--worker-token") { Description = "With --first-admin: write the workers' token to this file too, for workers that may not see the home folder.", HelpName = "FILE" };
        var command = new LabCommand("migrate", "Bring the schema to this release's version. Nothing else changes a schema; up does this too.")
        {
            Examples = ["./sgglab db migrate", "./sgglab db migrate --postgres 'Host=db;Username=sgglab;Password=…;Database=sgglab' --first-admin"],
        };
        foreach (var option in new Option[] { home, postgres, firstAdmin, workerToken })
            command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var where = LabHome.Find(parsed.GetValue(home));
            HomeFolder.Prepare(where);
            await MigrateAsync(where, parsed.GetValue(postgres), parsed.GetValue(firstAdmin), cancel);
            if (parsed.GetValue(workerToken) is { } file)
                CopyWorkerToken(where, file);
            return 0;
        });
        return command;
    }

    private static void CopyWorkerToken(LabHome home, string file)
    {
        if (!File.Exists(home.WorkerTokenFile))
            throw new LabException($"There is no {home.WorkerTokenFile} to copy to {file}; say --first-admin to have it made.");
        try { OwnersFile.Write(file, File.ReadAllText(home.WorkerTokenFile)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The workers' token cannot be written to {file}: {e.Message}", 3, e);
        }
    }

    private static async Task MigrateAsync(LabHome home, string? given, bool firstAdmin, CancellationToken cancel)
    {
        Action<string> say = Console.Error.WriteLine;
        var ranBefore = ProcessFiles.Running(home).Any(p => p.Role is "postgres" or "supervisor");
        var postgres = await SitePostgres.ProvideAsync(home, given, say, cancel);
        try
        {
            await LabDatabase.MigrateAsync(postgres.ConnectionString, cancel);
            say($"the schema is of this release's version (PostgreSQL {postgres.Version}, {postgres.Kind})");
            if (firstAdmin)
                say(await LabDatabase.CreateFirstAdministratorAsync(postgres.ConnectionString, home.Folder, cancel)
                    ? $"made what was missing of the administrator's {home.AdminPasswordFile}, {home.AdminTokenFile} and the workers' {home.WorkerTokenFile}"
                    : "there is an administrator already");
        }
        finally
        {
            if (!ranBefore && postgres.Kind != "connection")
                await PostgresProvider.StopAsync(home.Postgres);
        }
    }
}
