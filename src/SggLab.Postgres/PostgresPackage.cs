namespace SggLab.Postgres;

/// <summary>Installs PostgreSQL's programs by apt without the server that Debian's package would make and start on port 5432.</summary>
internal static class PostgresPackage
{
    private const string Defaults = "/etc/postgresql-common/createcluster.conf";

    public static async Task TryInstallAsync(Action<string> say, CancellationToken cancel)
    {
        if (!await AptPackages.TryInstallAsync(["postgresql-common"], say, cancel))
            return;
        var before = File.Exists(Defaults) ? await File.ReadAllTextAsync(Defaults, cancel) : "";
        try
        {
            await File.WriteAllTextAsync(Defaults, before.TrimEnd('\n') + "\ncreate_main_cluster = false\n", cancel);
            await AptPackages.TryInstallAsync(["postgresql"], say, cancel);
        }
        finally { await File.WriteAllTextAsync(Defaults, before, CancellationToken.None); }
    }
}
