using System.Collections.Concurrent;
using System.Security.Cryptography;
using Npgsql;

namespace SggLab.PostgresFixture;

/// <summary>
/// The one real PostgreSQL of a test run: SGGLAB_TEST_POSTGRES where it is set (`sgglab test` sets it for all test programs), else a container
/// where Docker runs and the image is there, else PostgreSQL's programs in a temporary folder. It ends with the test program, however that ends.
/// </summary>
public static class PostgresServer
{
    private static readonly Lazy<Task<string>> s_server = new(StartAsync);
    private static readonly ConcurrentDictionary<string, bool> s_databases = new();

    /// <summary>A connection string (small pool) to an empty database of its own: one a test class, so that classes run side by side.</summary>
    /// <param name="name">Says whose it is: lower-case letters, digits, underscores; a random end is added.</param>
    public static async Task<string> ConnectionStringForNewDatabaseAsync(string name)
    {
        var server = await s_server.Value;
        var database = $"{new string([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')])}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        await using (var connection = new NpgsqlConnection(Administration(server)))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"create database \"{database}\" encoding 'UTF8' template template0", connection);
            await command.ExecuteNonQueryAsync();
        }
        s_databases[database] = true;
        return new NpgsqlConnectionStringBuilder(server) { Database = database, MaxPoolSize = 20, MinPoolSize = 0, ConnectionIdleLifetime = 10 }.ConnectionString;
    }

    /// <summary>Drops a database as soon as its class is done with it: what is left is dropped when the program ends, and a program that takes long to end fails.</summary>
    public static async Task DropDatabaseAsync(string connectionString)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database!;
        await using var connection = new NpgsqlConnection(Administration(await s_server.Value));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"drop database if exists \"{database}\" with (force)", connection);
        await command.ExecuteNonQueryAsync();
        s_databases.TryRemove(database, out _);
    }

    private static async Task<string> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("SGGLAB_TEST_POSTGRES") is { Length: > 0 } given)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) => DropDatabases(given);
            return given;
        }
        return await ContainerServer.TryStartAsync() ?? await LocalServer.StartAsync();
    }

    /// <summary>On somebody's own server nothing of ours stays behind.</summary>
    private static void DropDatabases(string server)
    {
        try
        {
            NpgsqlConnection.ClearAllPools();
            using var connection = new NpgsqlConnection(Administration(server));
            connection.Open();
            foreach (var database in s_databases.Keys)
            {
                using var command = new NpgsqlCommand($"drop database if exists \"{database}\" with (force)", connection);
                command.ExecuteNonQuery();
            }
        }
        catch (NpgsqlException)
        {
            // The server went away before us, and the databases with it.
        }
    }

    private static string Administration(string server) =>
        new NpgsqlConnectionStringBuilder(server) { Database = "postgres", Pooling = false }.ConnectionString;
}
