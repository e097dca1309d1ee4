using SggLab.Postgres;

namespace SggLab.Cli.Site;

/// <summary>A process of the site: which part it plays, under which name, and who it is.</summary>
/// <param name="Role">supervisor, web, worker or postgres.</param>
/// <param name="Name">The same, numbered where there are several: worker-2.</param>
public sealed record SiteProcess(string Role, string Name, ProcessIdentity Identity);

/// <summary>run/NAME.json, one a process: with them `down` and the next `up` find what a killed supervisor left.</summary>
public static class ProcessFiles
{
    public static void Write(LabHome home, SiteProcess process)
    {
        Directory.CreateDirectory(Folder(home));
        JsonFile.Write(Path.Combine(Folder(home), process.Name + ".json"), process);
    }

    public static void Remove(LabHome home, string name)
    {
        if (Directory.Exists(Folder(home)))
            File.Delete(Path.Combine(Folder(home), name + ".json"));
    }

    /// <summary>Those that still run, the database server among them.</summary>
    public static IReadOnlyList<SiteProcess> Running(LabHome home)
    {
        var found = new List<SiteProcess>();
        if (Directory.Exists(Folder(home)))
            foreach (var file in Directory.GetFiles(Folder(home), "*.json").Order(StringComparer.Ordinal))
                if (JsonFile.Read<SiteProcess>(file) is { Identity.IsAlive: true } process)
                    found.Add(process);
        if (new PostgresFolder(home.Postgres).Postmaster() is { } postmaster)
            found.Add(new("postgres", "postgres", postmaster));
        return found;
    }

    private static string Folder(LabHome home) => Path.Combine(home.Folder, "run");
}
