using System.CommandLine;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Training;
using SggLab.Training.Checkpoints;

namespace SggLab.Cli.Training;

/// <summary>`train sft|grpo -c FILE`: the run that a worker would do, in this process, without a server.</summary>
public static class TrainCommands
{
    public static Command Create() => new("train", "Train in this terminal, without a server: the same run a worker would do.")
    {
        Method("sft", RunMethod.Sft, "Supervised fine-tuning from a run file."),
        Method("grpo", RunMethod.Grpo, "Group relative policy optimisation with graph rewards from a run file."),
    };

    private static LabCommand Method(string name, RunMethod method, string description)
    {
        var file = new Option<string>("--config", "-c") { Required = true, Description = "Run file (YAML)." };
        var run = new Option<string?>("--run") { Description = "Which run, where the file holds several." };
        var from = new Option<string?>("--from") { Description = "Model folder to start from, in place of model.folder or model.run." };
        var output = new Option<string?>("--out", "-o") { Description = "Folder for checkpoints, records and predictions (default: runs/NAME)." };
        var resume = new Option<bool>("--resume") { Description = "Go on from the newest full checkpoint in the output folder." };
        var plan = new Option<bool>("--plan") { Description = "Say what the run takes of this machine's memory and stop; exit 1 if it does not fit." };
        var libtorch = new Option<string?>("--libtorch") { Description = "Folder of another libtorch, for GPUs, to use instead of the bundled one." };
        var json = new Option<bool>("--json") { Description = "Print the records as JSON lines." };
        file.MustNotBeEmpty("the path of a run file");
        output.MustNameAFolder();
        from.MustNameAFolder();
        var command = new LabCommand(name, description)
        {
            Examples =
            [
                $"./sgglab train {name} -c examples/tiny-{name}.yaml         # a few steps on a tiny model, in seconds",
                $"./sgglab train {name} -c examples/tiny-{name}.yaml --plan  # what it would take of this machine's memory",
            ],
            StopsWithin = TimeSpan.FromMinutes(10),
            GoesOnUnread = true,
        };
        foreach (var option in new Option[] { file, run, from, output, resume, plan, libtorch, json })
            command.Add(option);
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(new TrainOptions(method, parsed.GetValue(file)!, parsed.GetValue(run),
            parsed.GetValue(from), parsed.GetValue(output), parsed.GetValue(resume), parsed.GetValue(plan), parsed.GetValue(libtorch), parsed.GetValue(json)), cancellation), CancellationToken.None));
        return command;
    }

    private sealed record TrainOptions(RunMethod Method, string File, string? Run, string? From, string? Output, bool Resume, bool Plan, string? Libtorch, bool Json);

    private static int Run(TrainOptions options, CancellationToken cancellation)
    {
        var spec = Resolve(options);
        LibtorchFolder.Load(options.Libtorch);
        if (options.Plan)
        {
            var (text, fits) = TrainingJob.Plan(spec, options.From);
            Console.WriteLine(text);
            return fits ? 0 : 1;
        }
        var folder = Path.GetFullPath(options.Output ?? Path.Combine("runs", spec.Name));
        var specHash = ContentHash.Of(spec);
        var resumed = RunFolder.Open(folder, spec, options.Resume, text => Console.Error.WriteLine("sgglab: " + text));
        using var recorder = new FolderRecorder(Path.Combine(folder, FolderRecorder.FileName), (record, line) => Print(record, line, options.Json));
        using var onStop = cancellation.Register(() => recorder.StopRequested = "drain");
        var closed = TrainingJob.Run(new JobInputs
        {
            Spec = spec, SpecHash = specHash, WorkFolder = folder,
            StartFolder = spec.Model.Run is null ? null : options.From,
            ResumeFolder = resumed?.Folder, ResumeCheckpoint = resumed?.Id, ResumeStep = resumed?.Step ?? 0,
        }, recorder);
        recorder.Closed(closed);
        if (closed.Outcome == Outcomes.Failed)
            throw new LabException((closed.Message ?? "The run failed.") + Remedy(options, folder, closed), Outcomes.ExitCode(closed));
        if (closed.Outcome != Outcomes.Completed)
            Console.Error.WriteLine($"sgglab: stopped at step {closed.Step}; checkpoints and records are in {folder}, and --resume goes on from there.");
        else if (!options.Json)
            Console.WriteLine($"{closed.Outcome} at step {closed.Step}; checkpoints and records are in {folder}");
        return closed.Outcome == Outcomes.Completed ? 0 : 130;
    }

    /// <summary>A run of other settings does not go on in the same folder; it begins from the weights in another.</summary>
    private static string Remedy(TrainOptions options, string folder, ClosedRecord closed) => closed.Kind == "diverged" && CheckpointFolder.Of(folder) is [var newest, ..]
        ? $" With the settings changed: ./sgglab train {options.Method.ToString().ToLowerInvariant()} -c {options.File}{(options.Run is { } run ? $" --run {run}" : "")} --from {newest} --out {folder}-again"
        : "";

    private static RunSpec Resolve(TrainOptions options)
    {
        var (experiment, lines) = SpecFile.LoadWithLines(options.File);
        var spec = SpecFile.FindRun(experiment, options.File, options.Run);
        var place = $"runs[{experiment.Runs.ToList().IndexOf(spec)}].";
        if (spec.Method != options.Method)
            throw new LabException($"{options.File}: run '{spec.Name}' has the method {spec.Method.ToString().ToLowerInvariant()}; `train {options.Method.ToString().ToLowerInvariant()}` takes runs of its own method.{(spec.Method is RunMethod.Sft or RunMethod.Grpo ? $" Use `train {spec.Method.ToString().ToLowerInvariant()}`." : "")}");
        if (options.From is { } from)
        {
            SpecValidation.Require(SpecFilesCheck.CheckModel(from, "--from", mustExist: true), $"{options.File}: run '{spec.Name}'");
            spec = spec with { Model = spec.Model.Run is null ? new ModelSource { Folder = Path.GetFullPath(from) } : spec.Model };
        }
        else if (spec.Model.Run is { } run)
            throw new LabException($"{options.File}: run '{spec.Name}' starts from the run '{run}'; give that run's checkpoint folder with --from DIR.");
        if (DemoCopy.Advice(SpecFilesCheck.NotHere(experiment with { Runs = [spec] }).Select(path => path.Message)) is { } advice)
            throw new LabException($"{options.File}: run '{spec.Name}': {advice}");
        SpecValidation.Require([.. SpecValidation.Check(spec).Concat(SpecFilesCheck.Check(spec, mustExist: true)).Select(problem => problem.At(lines, place))], $"{options.File}: run '{spec.Name}'");
        return spec;
    }

    private static void Print(object record, string line, bool json)
    {
        if (json)
            Console.WriteLine(line);
        else if (ProgressLine.Of(record) is { } text)
            Console.WriteLine(text);
    }
}
