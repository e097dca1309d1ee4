using System.CommandLine;
using System.Text.Json;
using SggLab.Cli.Runs;
using SggLab.Contracts;
using SggLab.Contracts.Specs;

namespace SggLab.Cli.Training;

/// <summary>`run validate FILE`: everything wrong with a run file, a line a problem.</summary>
internal static class ValidateRun
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Run or experiment file (YAML)." };
        var here = new Option<bool>("--here") { Description = "The runs will train on this machine: every path must exist, and the data are opened and read." };
        var json = new Option<bool>("--json") { Description = "Print {\"ok\", \"runs\", \"problems\", \"notChecked\"}." };
        var validate = new LabCommand("validate", "Check a run file without queueing it: keys, types, bounds, and the paths and models that are on this machine.")
        {
            Examples =
            [
                "./sgglab run validate examples/demo.yaml  # exit 1 and a line a problem if it would be refused",
                "./sgglab run validate my.yaml --here      # paths and data too: the runs will train on this machine",
            ],
        };
        validate.Add(file);
        validate.Add(here);
        validate.Add(json);
        validate.SetAction(parsed => Validate(parsed.GetValue(file)!, parsed.GetValue(here), parsed.GetValue(json)));
        return validate;
    }

    private static int Validate(string file, bool here, bool json)
    {
        var (spec, lines) = Load(file, json);
        var problems = RunFileCheck.Check(spec, lines, here);
        var missing = SpecFilesCheck.NotHere(spec);
        var notChecked = here ? [] : missing.Select(path => path.At(lines)).ToList();
        if (json)
            Print(problems, spec.Runs.Select(run => (object)new { run.Name, SpecHash = ContentHash.Of(run) }), notChecked);
        else if (problems.Count == 0)
            Console.WriteLine($"{file}: {spec.Runs.Count} {(spec.Runs.Count == 1 ? "run" : "runs")}, nothing to mend.");
        else
            Console.Error.WriteLine(string.Join('\n', problems.Select(problem => $"{file}, {problem}")));
        if (!json && notChecked.Count > 0)
            (problems.Count == 0 ? Console.Out : Console.Error).WriteLine($"""
                Not checked, as these paths are not on this machine (they must be on the worker's; --here demands them here):
                {string.Join('\n', notChecked.Select(path => $"  {path}"))}
                """);
        if (!json && DemoCopy.Advice(missing.Select(path => path.Message)) is { } advice)
            (problems.Count == 0 ? Console.Out : Console.Error).WriteLine(advice);
        return problems.Count == 0 ? 0 : 1;
    }

    private static (ExperimentSpec, SpecLines) Load(string file, bool json)
    {
        try
        {
            return SpecFile.LoadWithLines(file);
        }
        catch (LabException e) when (json)
        {
            // Bad input is also a message on standard error with its exit code; a script need not parse that.
            Print(e is SpecException shape ? shape.Problems : [new SpecProblem("", e.Message)], [], []);
            throw;
        }
    }

    private static void Print(IReadOnlyList<SpecProblem> problems, IEnumerable<object> runs, IEnumerable<SpecProblem> notChecked) => Console.WriteLine(JsonSerializer.Serialize(
        new { Ok = problems.Count == 0, Runs = runs, Problems = problems, NotChecked = notChecked.Select(path => new { path.Field, Path = path.Message, path.Line }) }, LabJson.Indented));
}
