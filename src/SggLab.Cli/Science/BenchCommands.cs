using System.CommandLine;
using SggLab.Contracts;

namespace SggLab.Cli.Science;

/// <summary>`bench`: runs a benchmark project as it would be shipped, in Release.</summary>
public static class BenchCommands
{
    // A benchmark is a name that its project knows; a new project is a new line.
    private static readonly IReadOnlyDictionary<string, string> Projects = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["rewards"] = "SggLab.SceneGraphs.Bench",
        ["evaluator"] = "SggLab.SceneGraphs.Bench",
        ["data"] = "SggLab.Datasets.Bench",
        ["model"] = "SggLab.Modeling.Bench",
        ["memory"] = "SggLab.Modeling.Bench",
    };

    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = $"One of {string.Join(", ", Projects.Keys)}.", Arity = ArgumentArity.ZeroOrOne };
        var list = new Option<bool>("--list") { Description = "List the benchmarks." };
        var json = new Option<bool>("--json") { Description = "Print lines of {\"name\", \"value\", \"unit\", \"yardstick\", \"yardstickValue\", \"ratio\", \"peakMemoryMb\"}." };
        var command = new LabCommand("bench", "Measure speed and memory, each figure beside its yardstick.")
        {
            Examples =
            [
                "./sgglab bench rewards --json    # cases a second of all six rewards",
                "./sgglab bench model --json      # training, rollouts and images, in matmuls beside transformers'",
                "./sgglab bench memory            # a thousand steps of GRPO hold what the first ones held",
            ],
        };
        var item = new Option<string?>("--item") { Description = "model: only the items whose name contains this.", HelpName = "TEXT" };
        var steps = new Option<int?>("--steps") { Description = "memory: steps to take (1000).", HelpName = "N" };
        command.Add(name);
        command.Add(list);
        command.Add(json);
        command.Add(item);
        command.Add(steps);
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(name), parsed.GetValue(list),
            Arguments(parsed.GetValue(name), parsed.GetValue(json), parsed.GetValue(item), parsed.GetValue(steps)), stop));
        return command;
    }

    private static string[] Arguments(string? name, bool json, string? item, int? steps)
    {
        if (item is not null && name != "model")
            throw new LabException("--item chooses among the items of `bench model`.");
        if (steps is not null && name != "memory")
            throw new LabException("--steps belongs to `bench memory`.");
        if (steps < 20)
            throw new LabException($"--steps is {steps}; growth shows over 20 steps or more.");
        return [.. json ? (string[])["--json"] : [], .. item is null ? (string[])[] : ["--item", item],
            .. steps is null ? (string[])[] : ["--steps", steps.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)]];
    }

    private static async Task<int> RunAsync(string? name, bool list, string[] arguments, CancellationToken stop)
    {
        if (list || name is null)
        {
            foreach (var known in Projects.Keys) Console.Out.WriteLine(known);
            return 0;
        }
        if (!Projects.TryGetValue(name, out var project))
            throw new LabException($"There is no benchmark \"{name}\". Known: {string.Join(", ", Projects.Keys)}.");
        return await ProjectRun.RunAsync($"bench/{project}", [name, .. arguments], new Dictionary<string, string>(), stop);
    }
}
