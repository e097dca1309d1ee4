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
        EndsWithUs.Watch(server.Process!, folder);
        return server.ConnectionString;
    }
}
