using System.CommandLine;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Specs;

namespace SggLab.Cli.Training;

/// <summary>`run validate FILE`: everything wrong with a run file, a line a problem.</summary>
internal static class ValidateRun
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Run or experiment file (YAML)." };
        var here = new Option<bool>("--here") { Description = "The runs will train on this machine: every path must exist." };
        var json = new Option<bool>("--json") { Description = "Print {\"ok\", \"runs\", \"problems\"}." };
        var validate = new LabCommand("validate", "Check a run file without queueing it: keys, types, bounds, and the paths that are on this machine.")
        {
            Examples = ["./sgglab run validate examples/demo.yaml  # exit 1 and a line a problem if it would be refused"],
        };
        validate.Add(file);
        validate.Add(here);
        validate.Add(json);
        validate.SetAction(parsed => Validate(parsed.GetValue(file)!, parsed.GetValue(here), parsed.GetValue(json)));
        return validate;
    }

    private static int Validate(string file, bool here, bool json)
    {
        var (spec, lines) = SpecFile.LoadWithLines(file);
        var problems = SpecValidation.Check(spec)
            .Concat(SpecFilesCheck.Check(spec, mustExist: here))
            .Select(problem => problem.At(lines))
            .ToList();
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(new { Ok = problems.Count == 0, Runs = spec.Runs.Select(run => new { run.Name, SpecHash = ContentHash.Of(run) }), Problems = problems }, LabJson.Indented));
        else if (problems.Count == 0)
            Console.WriteLine($"{file}: {spec.Runs.Count} {(spec.Runs.Count == 1 ? "run" : "runs")}, nothing to mend.");
        else
            Console.Error.WriteLine(string.Join('\n', problems.Select(problem => $"{file}, {problem}")));
        return problems.Count == 0 ? 0 : 1;
    }
}
