using Npgsql;
using SggLab.Contracts;
using SggLab.Postgres;

namespace SggLab.Tracking.Store;

/// <summary>One pool a process: the store, the daemon, the bus and the queries share it.</summary>
internal static class LabConnection
{
    /// <param name="connectionString">Npgsql's form or postgres://…, as everywhere.</param>
    /// <exception cref="LabException">It cannot be read.</exception>
    public static NpgsqlDataSource Open(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(GivenPostgres.Parse(connectionString, "sgglab"));
        settings.ApplicationName ??= "sgglab";
        if (!settings.ContainsKey("Maximum Pool Size") || settings.MaxPoolSize == 100)
            settings.MaxPoolSize = 30;
        // The listening connection is silent for hours: a dead peer must be noticed.
        if (settings.KeepAlive == 0)
            settings.KeepAlive = 15;
        return NpgsqlDataSource.Create(settings);
    }
}
