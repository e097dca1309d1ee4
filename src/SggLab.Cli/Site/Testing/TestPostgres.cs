using SggLab.Postgres;

namespace SggLab.Cli.Site.Testing;

/// <summary>The one server of a test run, gone with it: SGGLAB_TEST_POSTGRES, else a container where the image is there, else PostgreSQL's programs.</summary>
public sealed class TestPostgres : IAsyncDisposable
{
    private readonly string? _folder;

    private TestPostgres(ProvisionedPostgres server, string? folder)
    {
        ConnectionString = server.ConnectionString;
        _folder = folder;
    }

    public string ConnectionString { get; }

    public static async Task<TestPostgres> StartAsync(Action<string> say, CancellationToken cancel)
    {
        if (Environment.GetEnvironmentVariable("SGGLAB_TEST_POSTGRES") is { Length: > 0 } given)
            return new(await GivenPostgres.UseAsync(given, "postgres", cancel), null);
        var folder = Directory.CreateTempSubdirectory("sgglab-test-postgres-").FullName;
        var server = await PostgresProvider.ProvideAsync(new PostgresRequest { Folder = folder, Database = "postgres", Disposable = true, MayPullImage = false }, say, cancel);
        if (server.Process is { } process)
            EndsWithUs.Watch(process, folder);
        say($"tests use PostgreSQL {server.Version} ({server.Kind})");
        return new(server, folder);
    }

    public async ValueTask DisposeAsync()
    {
        if (_folder is null)
            return;
        await LocalPostgres.StopAsync(_folder, quickly: true);
        if (new PostgresFolder(_folder).Kind == "docker")
            await DockerPostgres.RemoveAsync(_folder);
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
