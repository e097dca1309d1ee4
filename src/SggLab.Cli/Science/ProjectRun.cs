using System.Diagnostics;
using SggLab.Cli.Site;
using SggLab.Contracts;

namespace SggLab.Cli.Science;

/// <summary>Runs a program of the repository in Release, as it would be shipped; its output passes through.</summary>
internal static class ProjectRun
{
    /// <param name="project">The project's folder, from the repository's root.</param>
    /// <returns>The program's exit code.</returns>
    /// <exception cref="LabException">The sources are not here, or dotnet cannot be started (exit code 3).</exception>
    public static async Task<int> RunAsync(string project, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken stop)
    {
        var folder = Path.Combine(LabHome.Repository, project);
        if (!Directory.Exists(folder)) throw new LabException($"The sources are not at {folder}; run this inside a checkout of the repository.", 3);
        var start = new ProcessStartInfo(SitePrograms.Dotnet, ["run", "-c", "Release", "-v", "q", "--project", folder, "--", .. arguments]) { WorkingDirectory = LabHome.Repository };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new LabException($"{SitePrograms.Dotnet} could not be started.", 3);
        try
        {
            await process.WaitForExitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return process.ExitCode;
    }
}
