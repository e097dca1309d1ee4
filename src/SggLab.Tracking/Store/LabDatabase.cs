namespace SggLab.Tracking.Store;

/// <summary>The schema's owner: nothing else changes it.</summary>
public static class LabDatabase
{
    /// <summary>Creates or upgrades the schema; safe to run twice and from two processes at once.</summary>
    /// <exception cref="SggLab.Contracts.LabException">The database cannot be reached, or was made by a newer release.</exception>
    public static Task MigrateAsync(string connectionString, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Throws a message with the remedy unless the database is there and of this release's version.</summary>
    public static Task CheckVersionAsync(string connectionString, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>
    /// Creates the member `admin` with a random password, an admin token and a worker token, unless they exist, and writes them to
    /// admin-password, admin-token and worker-token in <paramref name="home"/>, readable by the owner alone. Safe to run again.
    /// </summary>
    /// <returns>False if there was nothing to do.</returns>
    public static Task<bool> CreateFirstAdministratorAsync(string connectionString, string home, CancellationToken cancellation = default) => throw new NotImplementedException();
}
