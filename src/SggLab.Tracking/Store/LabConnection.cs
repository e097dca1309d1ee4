using Npgsql;
using SggLab.Contracts;

namespace SggLab.Tracking.Store;

/// <summary>One pool a process: the store, the daemon, the bus and the queries share it.</summary>
internal static class LabConnection
{
    /// <exception cref="LabException">The connection string cannot be read.</exception>
    public static NpgsqlDataSource Open(string connectionString)
    {
        var settings = Read(connectionString);
        settings.ApplicationName ??= "sgglab";
        if (!settings.ContainsKey("Maximum Pool Size") || settings.MaxPoolSize == 100)
            settings.MaxPoolSize = 30;
        // The listening connection is silent for hours: a dead peer must be noticed.
        if (settings.KeepAlive == 0)
            settings.KeepAlive = 15;
        return NpgsqlDataSource.Create(settings);
    }

    private static NpgsqlConnectionStringBuilder Read(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // Never the string itself: it may hold a password.
            throw new LabException($"The connection string of PostgreSQL cannot be read: {e.Message.Split('(')[0].Trim()}. Wanted is something like Host=127.0.0.1;Port=5432;Username=sgglab;Password=…;Database=sgglab.", 2, e);
        }
    }
}
