using Npgsql;
using SggLab.Contracts;
using SggLab.PostgresFixture;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Store;

public sealed class LabDatabaseTests : IAsyncDisposable
{
    private readonly List<string> _databases = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private async Task<string> NewAsync(string name)
    {
        _databases.Add(await PostgresServer.ConnectionStringForNewDatabaseAsync(name));
        return _databases[^1];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases)
            await PostgresServer.DropDatabaseAsync(database);
    }

    [Fact]
    public async Task A_database_without_the_schema_is_refused_with_the_remedy()
    {
        var database = await NewAsync("bare");

        var refused = await Should.ThrowAsync<LabException>(() => LabDatabase.CheckVersionAsync(database, Stop));

        refused.Message.ShouldContain("sgglab db migrate");
        refused.ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task Migrating_twice_and_from_two_processes_at_once_is_harmless()
    {
        var database = await NewAsync("twice");

        await Task.WhenAll(LabDatabase.MigrateAsync(database, Stop), LabDatabase.MigrateAsync(database, Stop));
        await LabDatabase.MigrateAsync(database, Stop);

        await LabDatabase.CheckVersionAsync(database, Stop);
    }

    [Fact]
    public async Task A_database_of_a_newer_release_is_left_alone()
    {
        var database = await NewAsync("newer");
        await LabDatabase.MigrateAsync(database, Stop);
        await using (var source = NpgsqlDataSource.Create(database))
        await using (var command = source.CreateCommand("insert into lab.schema_version (version, script) values (9999, 'later')"))
            await command.ExecuteNonQueryAsync(Stop);

        (await Should.ThrowAsync<LabException>(() => LabDatabase.CheckVersionAsync(database, Stop))).Message.ShouldContain("newer release");
        (await Should.ThrowAsync<LabException>(() => LabDatabase.MigrateAsync(database, Stop))).Message.ShouldContain("newer release");
    }

    [Fact]
    public async Task No_PostgreSQL_at_the_address_gets_a_message_without_the_password()
    {
        var refused = await Should.ThrowAsync<LabException>(() => LabDatabase.CheckVersionAsync("Host=127.0.0.1;Port=1;Username=ada;Password=secret;Database=x;Timeout=2", Stop));

        refused.ExitCode.ShouldBe(3);
        refused.Message.ShouldContain("127.0.0.1:1");
        refused.Message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_connection_string_that_is_none_gets_a_message_without_the_password()
    {
        var refused = await Should.ThrowAsync<LabException>(() => LabDatabase.CheckVersionAsync("Hoost=127.0.0.1;Password=secret", Stop));

        refused.Message.ShouldContain("connection string");
        refused.Message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task An_address_in_the_form_of_a_link_is_read_like_any_other()
    {
        var database = new NpgsqlConnectionStringBuilder(await NewAsync("link"));
        var link = $"postgres://{database.Username}:{Uri.EscapeDataString(database.Password ?? "")}@{database.Host}:{database.Port}/{database.Database}";

        await LabDatabase.MigrateAsync(link, Stop);

        await LabDatabase.CheckVersionAsync(link, Stop);
    }
}
