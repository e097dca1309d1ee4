using System.CommandLine;
using SggLab.Cli.Site.Machine;

namespace SggLab.Cli.Site.Testing;

public static class TestCommands
{
    public static Command Create()
    {
        var filter = new Option<string?>("--filter") { Description = "Only tests whose full name (namespace, class, method) contains this text.", HelpName = "TEXT" };
        var command = new LabCommand("test", "Run the whole test suite; the last line says N passed, N failed.")
        {
            Examples = ["./sgglab test", "./sgglab test --filter RunEvents", "./sgglab test --filter SggLab.Cli.Tests"],
            GoesOnUnread = true,
        };
        command.Add(filter);
        command.SetAction((parsed, cancel) => RunAsync(parsed.GetValue(filter), cancel));
        return command;
    }

    private static async Task<int> RunAsync(string? filter, CancellationToken cancel)
    {
        Action<string> say = Console.Error.WriteLine;
        await Libstdcpp.EnsureAsync(say, cancel);
        // A filter may choose tests that need no browser; those that do say so themselves.
        var chromium = filter is null ? await Chromium.EnsureAsync(say, cancel) : Chromium.Find();
        var times = TestTimes.Read();
        var programs = TestRun.Find(times);
        var home = Directory.CreateTempSubdirectory("sgglab-test-home-").FullName;
        IReadOnlyList<TestTally> tallies;
        try
        {
            await using var postgres = await TestPostgres.StartAsync(say, cancel);
            var environment = new Dictionary<string, string>
            {
                ["SGGLAB_TEST_POSTGRES"] = postgres.ConnectionString,
                ["SGGLAB_HOME"] = home,
                ["SGGLAB_NO_BUILD"] = "1",
                ["SGGLAB_DOTNET"] = SitePrograms.Dotnet,
                ["OMP_NUM_THREADS"] = "1",
                ["DOTNET_gcServer"] = "0",
            };
            if (chromium is not null)
                environment["SGGLAB_CHROMIUM"] = chromium;
            string[] arguments = string.IsNullOrEmpty(filter) ? ["-maxThreads", "2"] : ["-maxThreads", "2", "-method", $"*{filter}*"];
            tallies = await new TestRun(programs, environment, arguments).RunAsync(cancel);
        }
        finally { Directory.Delete(home, recursive: true); }
        if (filter is null)
            times.Keep(tallies);
        return Conclude(tallies, filter);
    }

    private static int Conclude(IReadOnlyList<TestTally> tallies, string? filter)
    {
        var passed = tallies.Sum(t => t.Passed);
        var failures = tallies.SelectMany(t => t.Failures).ToList();
        var skipped = tallies.Sum(t => t.Skipped);
        if (failures.Count > 0)
        {
            Console.WriteLine("\nWhat failed:");
            foreach (var failure in failures)
                Console.WriteLine($"  {failure.Test} ({failure.Program})");
        }
        if (skipped > 0)
            Console.WriteLine($"{skipped} skipped");
        var nothing = passed + failures.Count == 0;
        if (nothing)
            Console.Error.WriteLine(filter is null ? "sgglab: no test was found" : $"sgglab: no test's full name contains \"{filter}\"");
        Console.WriteLine($"{passed} passed, {failures.Count} failed");
        return failures.Count > 0 || nothing ? 1 : 0;
    }
}
