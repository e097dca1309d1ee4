using System.CommandLine;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;

namespace SggLab.Cli.Runs;

/// <summary>`run queue FILE.yaml`: checks an experiment and puts its runs into the queue.</summary>
internal static class QueueRuns
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE.yaml") { Description = "An experiment (experiment, note, defaults, runs) or one run; - reads standard input." };
        var key = new Option<string?>("--key") { Description = "Queue at most once under this key, however often the command is sent." };
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("queue", "Check an experiment's file and queue its runs.")
        {
            Arguments = { file },
            Options = { key, json },
            Examples =
            [
                "./sgglab run queue examples/tiny-sft.yaml              # queue what a file describes",
                "./sgglab run queue my.yaml --key night-12 --json       # at most once, for scripts",
                "generate-spec | ./sgglab run queue -                   # from another program",
            ],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var spec = Load(parsed.GetRequiredValue(file));
            using var client = site.Connect(parsed);
            // Without a key of the user's own, one made here still keeps a repeated request from queueing twice.
            var queued = await client.QueueAsync(spec, parsed.GetValue(key) ?? Guid.NewGuid().ToString("n"), stop);
            if (parsed.GetValue(json)) Report.Json(queued);
            else Print(spec, queued);
            return 0;
        });
        return command;
    }

    private static ExperimentSpec Load(string file)
    {
        var (spec, lines) = file == "-"
            ? SpecFile.ParseWithLines(Console.In.ReadToEnd(), Path.Combine(Environment.CurrentDirectory, "standard-input.yaml"))
            : SpecFile.LoadWithLines(file);
        SpecValidation.Require(RunFileCheck.Check(spec, lines, here: false), file);
        return spec;
    }

    private static void Print(ExperimentSpec spec, ExperimentQueued queued)
    {
        Console.Out.WriteLine($"Experiment {queued.ExperimentId} ({spec.Experiment}): {queued.Runs.Count} {(queued.Runs.Count == 1 ? "run" : "runs")} {(queued.Already is true ? "queued already under this key; nothing was queued now" : "queued")}.");
        Report.Table(["run", "name"], queued.Runs.Select(r => new[] { r.Id, r.Name }), "");
        if (queued.Waits is { } waits) Console.Out.WriteLine(waits);
    }
}
