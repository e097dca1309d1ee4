namespace SggLab.Postgres;

/// <summary>What is wanted of a PostgreSQL.</summary>
public sealed record PostgresRequest
{
    /// <summary>Folder of this site's server: data, password, port, log. Made when needed.</summary>
    public required string Folder { get; init; }
    /// <summary>A server that already runs: Npgsql's key=value form or a postgres:// address. Null = provide one.</summary>
    public string? ConnectionString { get; init; }
    /// <summary>Name of the database, made when it does not exist.</summary>
    public string Database { get; init; } = "sgglab";
    /// <summary>For tests: no fsync, more connections. Data does not survive a crash of the machine.</summary>
    public bool Disposable { get; init; }
    /// <summary>May packages be installed (only ever as root)?</summary>
    public bool MayInstall { get; init; } = true;
    /// <summary>May Docker be used? A folder that already holds a local server stays local.</summary>
    public bool MayUseDocker { get; init; } = true;
    /// <summary>May Docker fetch the image? A test run never waits for that.</summary>
    public bool MayPullImage { get; init; } = true;
}

/// <summary>A PostgreSQL that answers.</summary>
/// <param name="Kind">connection (the user's own), docker or local.</param>
/// <param name="Version">As the server says it, such as 17.4.</param>
/// <param name="Process">The postmaster of a local server, the first process of a container as far as this machine sees it; null for a server of somebody else.</param>
/// <param name="Container">Of a docker server.</param>
public sealed record ProvisionedPostgres(string Kind, string Version, string ConnectionString, ProcessIdentity? Process, PostgresContainer? Container);

/// <param name="StartedAt">In Docker's words: after a restart it is another, and so is the port.</param>
public sealed record PostgresContainer(string Name, string StartedAt);
