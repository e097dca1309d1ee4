using System.CommandLine;
using System.Globalization;

namespace SggLab.Cli.Science;

/// <summary>`check fuzz`: the suite's fuzz tests with millions of cases and another seed, for a night.</summary>
internal static class FuzzCheck
{
    public static Command Create()
    {
        var cases = new Option<int>("--cases") { Description = "Spoiled completions; hostile ones and names follow in proportion.", DefaultValueFactory = _ => 5_000_000 };
        var seed = new Option<int?>("--seed") { Description = "Where the random choices start (default: the clock; printed, so that a failure can be repeated)." };
        cases.MustBeWithin(1);
        var fuzz = new LabCommand("fuzz", "Score and read millions of spoiled and hostile completions; exit code 1 on a crash, or on one that takes more than 10 ms.")
        {
            Options = { cases, seed },
            Examples = ["./sgglab check fuzz --cases 5000000    # about half an hour on one core"],
        };
        fuzz.SetAction((parsed, stop) => RunAsync(parsed.GetValue(cases), parsed.GetValue(seed) ?? Environment.TickCount & int.MaxValue, stop));
        return fuzz;
    }

    private static async Task<int> RunAsync(int cases, int seed, CancellationToken stop)
    {
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cases:N0} cases, seed {seed}"));
        var environment = new Dictionary<string, string>
        {
            ["SGGLAB_FUZZ_CASES"] = cases.ToString(CultureInfo.InvariantCulture),
            ["SGGLAB_FUZZ_SEED"] = seed.ToString(CultureInfo.InvariantCulture),
        };
        return await ProjectRun.RunAsync("tests/SggLab.SceneGraphs.Tests", ["-namespace", "SggLab.SceneGraphs.Tests.Fuzzing"], environment, stop) == 0 ? 0 : 1;
    }
}
