using System.Diagnostics;

namespace SggLab.SceneGraphs.Mutants;

internal enum Verdict
{
    Survived,
    Killed,
    TimedOut,
}

/// <summary>Runs the tests against whatever assembly lies in a folder: the tests of the mutant's own folder first, the fuzz tests only against what survives all others.</summary>
/// <param name="tests">The sources of the tests: a folder a namespace.</param>
/// <param name="limit">Processor time of a run, so that a loaded machine kills no mutant.</param>
internal sealed class Trial(string folder, string tests, TimeSpan limit)
{
    private const string Tests = "SggLab.SceneGraphs.Tests";
    private const string Fuzzing = Tests + ".Fuzzing";

    /// <summary>Processor time of all runs so far.</summary>
    public TimeSpan Spent { get; private set; }

    /// <param name="own">The folder that was changed; null runs everything alike.</param>
    public Verdict Run(string? own)
    {
        var verdict = own is null || !Directory.Exists(Path.Combine(tests, own)) ? Verdict.Survived : Run("-namespace", $"{Tests}.{own}");
        if (verdict == Verdict.Survived) verdict = Run("-namespace-", $"{Tests}.{own ?? "None"}", "-namespace-", Fuzzing);
        return verdict == Verdict.Survived ? Run("-namespace", Fuzzing) : verdict;
    }

    private Verdict Run(params string[] filter)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, "SggLab.SceneGraphs.Tests.dll"), "-stopOnFail", "-noLogo", "-noColor", .. filter])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["SGGLAB_FUZZ_CASES"] = "2000" },
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var spent = TimeSpan.Zero;
        while (!process.WaitForExit(200))
        {
            spent = TimeOf(process) ?? spent;
            if (spent < limit) continue;
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return Verdict.TimedOut;
        }
        Spent += spent;
        return process.ExitCode == 0 ? Verdict.Survived : Verdict.Killed;
    }

    // Null where it has ended since we looked.
    private static TimeSpan? TimeOf(Process process)
    {
        try
        {
            return process.TotalProcessorTime;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
