using SggLab.Postgres;

namespace SggLab.Cli.Site;

/// <summary>The folder that holds everything the site keeps: database, blobs, logs, secrets, process files.</summary>
public sealed record LabHome(string Folder)
{
    /// <summary>The first of: the folder given, SGGLAB_HOME, .sgglab in the repository. Without links, so that a home has one name whichever way it is reached.</summary>
    public static LabHome Find(string? given = null)
    {
        var chosen = !string.IsNullOrWhiteSpace(given) ? given : Environment.GetEnvironmentVariable("SGGLAB_HOME");
        return new(RealPath.Of(string.IsNullOrWhiteSpace(chosen) ? Path.Combine(Repository, ".sgglab") : chosen));
    }

    /// <summary>The folder with SggLab.sln above this program; the current folder where there is none.</summary>
    public static string Repository { get; } = FindRepository();

    public string AdminPasswordFile => Path.Combine(Folder, "admin-password");
    public string AdminTokenFile => Path.Combine(Folder, "admin-token");
    public string WorkerTokenFile => Path.Combine(Folder, "worker-token");
    public string Logs => Path.Combine(Folder, "logs");
    public string Postgres => Path.Combine(Folder, "postgres");
    public string SiteFile => Path.Combine(Folder, "site.json");

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SggLab.sln")))
                return folder.FullName;
        return Environment.CurrentDirectory;
    }
}
