using SggLab.Contracts;

namespace SggLab.Cli.Site;

/// <summary>Where the programs beside this one lie: artifacts/bin/PROJECT/CONFIGURATION/PROJECT.dll, as the build puts them.</summary>
public static class SitePrograms
{
    public static string Find(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var file = Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, project + ".dll");
        return File.Exists(file) ? file : throw new LabException($"{file} is missing. Build it through the launcher (./sgglab), which builds all parts.", 3);
    }

    /// <summary>The dotnet program that runs us.</summary>
    public static string Dotnet => Environment.GetEnvironmentVariable("SGGLAB_DOTNET") is { Length: > 0 } given ? given
        : Path.GetFileName(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    /// <summary>This program again.</summary>
    public static string Self => Path.Combine(AppContext.BaseDirectory, "sgglab.dll");
}
