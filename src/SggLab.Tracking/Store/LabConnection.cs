using Npgsql;

namespace SggLab.Tracking.Store;

/// <summary>One pool a process: the store, the daemon, the bus and the queries share it.</summary>
internal static class LabConnection
{
    public static NpgsqlDataSource Open(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        settings.ApplicationName ??= "sgglab";
        if (!settings.ContainsKey("Maximum Pool Size") || settings.MaxPoolSize == 100)
            settings.MaxPoolSize = 30;
        // The listening connection is silent for hours: a dead peer must be noticed.
        if (settings.KeepAlive == 0)
            settings.KeepAlive = 15;
        return NpgsqlDataSource.Create(settings);
    }
}
