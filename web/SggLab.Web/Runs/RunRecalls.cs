using SggLab.Contracts.Api;

namespace SggLab.Web.Runs;

/// <summary>The recall of each run's last ranked weights, for the lists of runs; weights that it only started from are not its own.</summary>
public static class RunRecalls
{
    public static IReadOnlyDictionary<string, double> None { get; } = new Dictionary<string, double>();

    public static IReadOnlyDictionary<string, double> Of(IEnumerable<LeaderboardRow> rows) =>
        rows.Where(row => row.Step != 0 || row.Method == "evaluate").GroupBy(row => row.RunId).ToDictionary(run => run.Key, run => run.MaxBy(row => (row.Step ?? int.MaxValue, row.Event))!.Recall);
}
