using SggLab.Contracts;

namespace SggLab.Postgres;

/// <summary>Gets a PostgreSQL by the first that applies: a connection string, a running Docker, PostgreSQL's programs, an installation by apt.</summary>
public static class PostgresProvider
{
    /// <param name="say">Told what is going on, a line at a time.</param>
    /// <exception cref="LabException">With exit code 3 and what to do, when there is none to be had.</exception>
    public static async Task<ProvisionedPostgres> ProvideAsync(PostgresRequest request, Action<string> say, CancellationToken cancel = default)
    {
        if (!string.IsNullOrWhiteSpace(request.ConnectionString))
            return await GivenPostgres.UseAsync(request.ConnectionString, request.Database, cancel);
        var folder = new PostgresFolder(request.Folder);
        var kept = folder.Kind;
        if (kept != "local" && request.MayUseDocker && await DockerPostgres.FindImageAsync(request.MayPullImage, say, cancel) is { } image)
            return await DockerPostgres.StartAsync(request, image, say, cancel);
        if (kept == "docker")
            throw new LabException($"This site's database lies in the Docker volume {DockerPostgres.ContainerName(request.Folder)}, and Docker does not answer. Start Docker, or move {request.Folder} away to begin with an empty database.", 3);
        return await LocalPostgres.StartAsync(request, await BinariesAsync(request, folder, say, cancel), say, cancel);
    }

    /// <summary>Stops what this site's folder started; a server named by a connection string is left alone.</summary>
    public static async Task StopAsync(string folder)
    {
        var kind = new PostgresFolder(folder).Kind;
        if (kind == "docker")
            await DockerPostgres.StopAsync(folder);
        else if (kind == "local" && !await LocalPostgres.StopAsync(folder))
            throw new LabException($"PostgreSQL in {folder} does not stop; its log is {new PostgresFolder(folder).Log}", 1);
    }

    /// <summary>A data folder only works with the major version that made it; an empty one takes the newest there is.</summary>
    private static async Task<PostgresBinaries> BinariesAsync(PostgresRequest request, PostgresFolder folder, Action<string> say, CancellationToken cancel)
    {
        var found = await PostgresBinaries.FindAsync();
        if (folder.Major is { } major)
            return found.FirstOrDefault(b => $"{b.Major}" == major) ?? throw new LabException(
                $"The database in {folder.Data} was made by PostgreSQL {major}; this machine has {(found.Count == 0 ? "none" : string.Join(", ", found.Select(b => b.Version)))}. Install PostgreSQL {major} (apt-get install postgresql-{major}), or move {folder.Folder} away to begin with an empty database.", 3);
        if (found.Count == 0 && request.MayInstall && PostgresBinaries.Named is null && AptPackages.Possible)
        {
            await PostgresPackage.TryInstallAsync(say, cancel);
            found = await PostgresBinaries.FindAsync();
        }
        return found.Count > 0 ? found[0] : throw new LabException(
            $"""
            No PostgreSQL to be had. Any one of these helps:
              a server you have:   export SGGLAB_POSTGRES='Host=…;Username=…;Password=…;Database=sgglab' (or --postgres)
              Docker:              start it, with an image postgres:17 that it can fetch
              PostgreSQL {PostgresVersions.Oldest}+:      sudo apt-get install -y postgresql    (or your system's package; no need to start it)
            """, 3);
    }
}
