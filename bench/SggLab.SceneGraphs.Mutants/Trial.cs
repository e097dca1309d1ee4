using System.Diagnostics;

namespace SggLab.SceneGraphs.Mutants;

internal enum Verdict
{
    Survived,
    Killed,
    TimedOut,
}

/// <summary>Runs the tests against whatever assembly lies in a folder: the quick ones first, the fuzz tests only against what survives them.</summary>
/// <param name="limit">Processor time of a run, so that a loaded machine kills no mutant.</param>
internal sealed class Trial(string folder, TimeSpan limit)
{
    /// <summary>Processor time of all runs so far.</summary>
    public TimeSpan Spent { get; private set; }

    public Verdict Run()
    {
        var quick = Run("-namespace-", "SggLab.SceneGraphs.Tests.Fuzzing");
        return quick == Verdict.Survived ? Run("-namespace", "SggLab.SceneGraphs.Tests.Fuzzing") : quick;
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
