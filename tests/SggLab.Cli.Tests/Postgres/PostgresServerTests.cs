using Npgsql;
using SggLab.PostgresFixture;

namespace SggLab.Cli.Tests.Postgres;

public class PostgresServerTests
{
    [Fact]
    public async Task Each_caller_gets_an_empty_database_of_its_own()
    {
        var first = await PostgresServer.ConnectionStringForNewDatabaseAsync("cli_tests");
        var second = await PostgresServer.ConnectionStringForNewDatabaseAsync("cli_tests");
        await ExecuteAsync(first, "create table only_here (id int)");

        (await ScalarAsync(first, "select count(*) from pg_tables where tablename = 'only_here'")).ShouldBe(1L);
        (await ScalarAsync(second, "select count(*) from pg_tables where tablename = 'only_here'")).ShouldBe(0L);
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
