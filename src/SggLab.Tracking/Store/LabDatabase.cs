using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SggLab.Contracts;
using SggLab.Postgres;
using SggLab.Tracking.Access;
using Wolverine.Persistence.Durability;

namespace SggLab.Tracking.Store;

/// <summary>The schema's owner: nothing else changes it.</summary>
public static class LabDatabase
{
    // Any number will do, as long as every release takes the same.
    private const long MigrationLock = 0x5347474C4142;

    /// <summary>Creates or upgrades the schema; safe to run twice and from two processes at once.</summary>
    /// <exception cref="LabException">The database cannot be reached, or was made by a newer release.</exception>
    public static async Task MigrateAsync(string connectionString, CancellationToken cancellation = default)
    {
        await using var source = LabConnection.Open(connectionString);
        await using var connection = await OpenAsync(source, cancellation);
        await ExecuteAsync(connection, $"select pg_advisory_lock({MigrationLock})", cancellation);
        var found = await VersionAsync(connection, cancellation);
        if (found > SchemaScripts.Latest)
            throw new LabException(Mismatch(connection, found), 2);
        await ExecuteAsync(connection, $"create schema if not exists {LabStore.Schema}; create table if not exists {LabStore.Schema}.schema_version (version int primary key, script text not null, applied_at timestamptz not null default now())", cancellation);
        await MigrateStoresAsync(connectionString, cancellation);
        foreach (var script in SchemaScripts.All.Where(script => script.Number > found))
            await ApplyAsync(connection, script.Number, script.Name, script.Sql, cancellation);
        foreach (var model in ReadModels.All())
            await ExecuteAsync(connection, model.Ddl.Replace("{s}", LabStore.Schema, StringComparison.Ordinal), cancellation);
        await ExecuteAsync(connection, $"select pg_advisory_unlock({MigrationLock})", cancellation);
    }

    /// <summary>Throws a message with the remedy unless the database is there and of this release's version.</summary>
    public static async Task CheckVersionAsync(string connectionString, CancellationToken cancellation = default)
    {
        await using var source = LabConnection.Open(connectionString);
        await using var connection = await OpenAsync(source, cancellation);
        var found = await VersionAsync(connection, cancellation);
        if (found != SchemaScripts.Latest)
            throw new LabException(Mismatch(connection, found), 2);
    }

    /// <summary>
    /// Creates the member `admin` with a random password, an admin token and a worker token, unless they exist, and writes them to
    /// admin-password, admin-token and worker-token in <paramref name="home"/>, readable by the owner alone. Where one of these files is missing, or a token in
    /// it is not valid, a new password or token is made. Safe to run again.
    /// </summary>
    /// <returns>False if there was nothing to do.</returns>
    public static Task<bool> CreateFirstAdministratorAsync(string connectionString, string home, CancellationToken cancellation = default) =>
        FirstAdministrator.CreateAsync(connectionString, home, cancellation);

    private static async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        try
        {
            return await source.OpenConnectionAsync(cancellation);
        }
        catch (Exception e) when (e is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
        {
            throw PostgresProblem.Explain(e, source.ConnectionString);
        }
    }

    private static string Mismatch(NpgsqlConnection connection, int found) => found switch
    {
        0 => $"Database {connection.Database} on {connection.Host} holds no SggLab schema. Run `./sgglab db migrate` to create it.",
        _ when found < SchemaScripts.Latest => $"Database {connection.Database} on {connection.Host} has schema version {found}; this release works on version {SchemaScripts.Latest}. Run `./sgglab db migrate` to upgrade it.",
        _ => $"Database {connection.Database} on {connection.Host} has schema version {found}, made by a newer release; this one works on version {SchemaScripts.Latest}. Use that newer release, or another database.",
    };

    private static async Task<int> VersionAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var exists = new NpgsqlCommand($"select to_regclass('{LabStore.Schema}.schema_version') is not null", connection);
        if (await exists.ExecuteScalarAsync(cancellation) is not true)
            return 0;
        await using var version = new NpgsqlCommand($"select coalesce(max(version), 0) from {LabStore.Schema}.schema_version", connection);
        return (int)(await version.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, int number, string name, string sql, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, sql, cancellation);
        await using var note = new NpgsqlCommand($"insert into {LabStore.Schema}.schema_version (version, script) values ($1, $2)", connection);
        note.Parameters.Add(new NpgsqlParameter { Value = number });
        note.Parameters.Add(new NpgsqlParameter { Value = name });
        await note.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>The event store's and the bus's own tables, as their libraries describe them.</summary>
    private static async Task MigrateStoresAsync(string connectionString, CancellationToken cancellation)
    {
        var host = Host.CreateEmptyApplicationBuilder(null);
        host.Services.AddLogging(logging => logging.ClearProviders());
        host.Services.AddSggLabTracking(connectionString, Path.GetTempPath(), new LabSettings { RunsProjections = false }, mayChangeSchema: true);
        using var built = host.Build();
        await built.Services.GetRequiredService<IDocumentStore>().Storage.ApplyAllConfiguredChangesToDatabaseAsync(JasperFx.AutoCreate.CreateOrUpdate);
        await built.Services.GetRequiredService<IMessageStore>().Admin.MigrateAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
