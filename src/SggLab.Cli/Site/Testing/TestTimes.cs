namespace SggLab.Cli.Site.Testing;

/// <summary>How long each test program took last time on this machine, so that the longest starts first.</summary>
public sealed record TestTimes(Dictionary<string, double> Seconds)
{
    private static string File => Path.Combine(LabHome.Repository, "artifacts", "test-times.json");

    public static TestTimes Read() => JsonFile.Read<TestTimes>(File) ?? new([]);

    /// <summary>Unknown ones are taken for long where they start processes or a browser.</summary>
    public double Of(string program) => Seconds.TryGetValue(program, out var known) ? known
        : program.EndsWith("EndToEnd", StringComparison.Ordinal) ? 300 : program is "SggLab.Cli.Tests" ? 200 : program is "SggLab.Worker.Tests" or "SggLab.Tracking.Tests" or "SggLab.Training.Tests" ? 100 : 10;

    public void Keep(IEnumerable<TestTally> tallies)
    {
        foreach (var tally in tallies)
            Seconds[tally.Program] = tally.Took.TotalSeconds;
        JsonFile.Write(File, this);
    }
}
