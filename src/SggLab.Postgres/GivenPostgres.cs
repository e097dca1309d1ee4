using System.Globalization;
using Npgsql;
using SggLab.Contracts;

namespace SggLab.Postgres;

/// <summary>A server that somebody else runs, reached by a connection string; also the last check of the servers we start.</summary>
public static class GivenPostgres
{
    /// <summary>Connects, makes the database if it is missing, checks version and rights.</summary>
    public static async Task<ProvisionedPostgres> UseAsync(string given, string databaseUnlessNamed, CancellationToken cancel)
    {
        var connection = Parse(given, databaseUnlessNamed);
        var version = await CheckAsync(connection, cancel);
        return new("connection", version, connection, null, null);
    }

    /// <summary>The same questions without making anything: what `up` would find.</summary>
    /// <returns>The server's version, and whether the database is there; one that is not can be made.</returns>
    public static async Task<(string Version, bool Exists)> ProbeAsync(string given, string databaseUnlessNamed, CancellationToken cancel)
    {
        var connection = Parse(given, databaseUnlessNamed);
        try { return (await CheckOnceAsync(connection, cancel), true); }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            return await VersionIfMayCreateAsync(connection, cancel) is { } version ? (version, false) : throw PostgresProblem.Explain(e, connection);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException) { throw PostgresProblem.Explain(e, connection); }
    }

    private static async Task<string?> VersionIfMayCreateAsync(string connectionString, CancellationToken cancel)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 8, Database = "postgres" };
        try
        {
            await using var connection = new NpgsqlConnection(builder.ConnectionString);
            await connection.OpenAsync(cancel);
            await using var command = new NpgsqlCommand("select rolcreatedb or rolsuper from pg_roles where rolname = current_user", connection);
            return await command.ExecuteScalarAsync(cancel) is true ? connection.ServerVersion.Split(' ')[0] : null;
        }
        catch (NpgsqlException) { return null; }
    }

    /// <summary>Reads both the key=value form and postgres://user:password@host:port/database.</summary>
    public static string Parse(string given, string databaseUnlessNamed)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = given.StartsWith("postgres://", StringComparison.Ordinal) || given.StartsWith("postgresql://", StringComparison.Ordinal)
                ? FromAddress(new Uri(given))
                : new NpgsqlConnectionStringBuilder(given);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or UriFormatException)
        {
            throw new LabException($"The PostgreSQL connection string cannot be read: {e.Message.Split('\n')[0]} Write it like Host=localhost;Port=5432;Username=sgglab;Password=…;Database=sgglab or postgres://sgglab:…@localhost:5432/sgglab", 2, e);
        }
        if (string.IsNullOrEmpty(builder.Host))
            throw new LabException("The PostgreSQL connection string names no host. Write it like Host=localhost;Username=sgglab;Password=…;Database=sgglab");
        if (string.IsNullOrEmpty(builder.Database))
            builder.Database = databaseUnlessNamed;
        return builder.ConnectionString;
    }

    /// <summary>The server's version, once the database exists and takes our tables.</summary>
    public static async Task<string> CheckAsync(string connectionString, CancellationToken cancel)
    {
        try { return await CheckOnceAsync(connectionString, cancel); }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await CreateDatabaseAsync(connectionString, e, cancel);
            return await CheckOnceAsync(connectionString, cancel);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException) { throw PostgresProblem.Explain(e, connectionString); }
    }

    private static async Task<string> CheckOnceAsync(string connectionString, CancellationToken cancel)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 8, CommandTimeout = 15 };
        await using var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand("select current_setting('server_version'), current_setting('server_version_num')::int / 10000, has_database_privilege(current_database(), 'CREATE')", connection);
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        var version = row.GetString(0).Split(' ')[0];
        if (row.GetInt32(1) < PostgresVersions.Oldest)
            throw new LabException($"PostgreSQL at {builder.Host}:{builder.Port} is version {version}; {PostgresVersions.Oldest.ToString(CultureInfo.InvariantCulture)} or newer is needed. Name another server with SGGLAB_POSTGRES or --postgres, or leave both out to get a private one.", 3);
        if (!row.GetBoolean(2))
            throw new LabException($"User \"{builder.Username}\" may not create tables in database \"{builder.Database}\" at {builder.Host}:{builder.Port}. Let an administrator run: GRANT CREATE ON DATABASE \"{builder.Database}\" TO \"{builder.Username}\"", 3);
        return version;
    }

    private static async Task CreateDatabaseAsync(string connectionString, PostgresException missing, CancellationToken cancel)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 8 };
        var name = builder.Database!;
        builder.Database = "postgres";
        try
        {
            await using var connection = new NpgsqlConnection(builder.ConnectionString);
            await connection.OpenAsync(cancel);
            await using var command = new NpgsqlCommand($"create database \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\" encoding 'UTF8' template template0", connection);
            await command.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Somebody made it at the same moment.
        }
        catch (NpgsqlException) { throw PostgresProblem.Explain(missing, connectionString); }
    }

    private static NpgsqlConnectionStringBuilder FromAddress(Uri address)
    {
        var user = address.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder { Host = address.Host };
        if (address.Port > 0)
            builder.Port = address.Port;
        if (user[0].Length > 0)
            builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            builder.Password = Uri.UnescapeDataString(user[1]);
        builder.Database = Uri.UnescapeDataString(address.AbsolutePath.Trim('/'));
        foreach (var pair in address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.Split('=', 2) is [var k, var v] ? (k, Uri.UnescapeDataString(v)) : (pair, "");
            builder[key == "sslmode" ? "SSL Mode" : key.Replace('_', ' ')] = value;
        }
        return builder;
    }
}
