using SggLab.Postgres;

namespace SggLab.Cli.Tests.Site;

/// <summary>The real program in a process of its own, with a home folder of its own.</summary>
internal sealed class Sgglab : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgglab-cli-tests-");

    public string Home => Path.Combine(_folder.FullName, "home");

    /// <summary>A folder for the test's own files, gone with it.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Variables added to each run; null takes one away.</summary>
    public Dictionary<string, string?> Environment { get; } = new() { ["SGGLAB_POSTGRES"] = null, ["SGGLAB_SERVER"] = null };

    public static string Program => Path.Combine(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!, "..", "SggLab.Cli", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "sgglab.dll");

    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        var environment = new Dictionary<string, string?>(Environment) { ["SGGLAB_HOME"] = Home };
        return await CommandRun.RunAsync("dotnet", [Program, .. arguments], TimeSpan.FromMinutes(9), environment, cancel: TestContext.Current.CancellationToken);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

internal static class Complaints
{
    /// <summary>One clear message on standard error, nothing on standard output, no stack trace, this exit code.</summary>
    public static string ShouldComplain(this CommandResult result, int exitCode)
    {
        result.ExitCode.ShouldBe(exitCode, result.Error);
        result.Output.ShouldBeEmpty();
        result.Error.ShouldNotContain("   at ");
        result.Error.ShouldNotContain("not foreseen");
        result.Error.ShouldContain("sgglab: ");
        return result.Error;
    }
}
