using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SggLab.Cli.Site.Checks;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Training;
using SggLab.Training.Checkpoints;
using SggLab.Training.Demo;
using SggLab.Training.Evaluations;

namespace SggLab.Cli.Training;

/// <summary>`check learning`: SFT on the demo's scenes, then GRPO from it with several seeds, in this process and without a site.</summary>
public static class LearningCheckCommand
{
    public static Command Create()
    {
        var seeds = new Option<int>("--seeds") { Description = "How many seeds of GRPO.", DefaultValueFactory = _ => 3 };
        var variant = new Option<string>("--variant") { Description = "hard_recall, hard_recall_relax, soft_recall, edge_f1, recall_mix or dual_granularity.", DefaultValueFactory = _ => "hard_recall" };
        var output = new Option<string?>("--out", "-o") { Description = "Folder for scenes, weights and records; runs that are complete there are not trained again (default: a temporary one)." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("learning", "GRPO improves held-out recall over SFT, seed by seed: the demo's model and scenes, no server.")
        {
            Examples = ["./sgglab check learning --json                    # three seeds, about ten minutes on one calm core", "./sgglab check learning --seeds 1 --out learn    # can be stopped and started again"],
            StopsWithin = TimeSpan.FromMinutes(1),
            GoesOnUnread = true,
        };
        foreach (var option in new Option[] { seeds, variant, output, json })
            command.Add(option);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            var result = LearningCheck.Run(parsed.GetValue(seeds), parsed.GetValue(variant)!, parsed.GetValue(output), cancellation);
            return CheckOutput.Conclude(result, result.Statements, parsed.GetValue(json));
        }, CancellationToken.None));
        return command;
    }
}

/// <param name="Gain">Mean over the scenes of the recall under this seed minus SFT's, with a paired bootstrap over scenes.</param>
public sealed record SeedGain(int Seed, double Recall, double Gain, double Low, double High);

/// <param name="Gain">Of the mean over the seeds.</param>
public sealed record LearningResult(bool Ok, string Variant, int Scenes, double SftRecall, IReadOnlyList<SeedGain> Seeds, double Gain, double Low, double High, double Minutes, IReadOnlyList<Held> Statements);

internal static class LearningCheck
{
    public static LearningResult Run(int seeds, string variant, string? output, CancellationToken cancellation)
    {
        if (seeds is < 1 or > 100 || !VariantRewards.ByName.ContainsKey(variant))
            throw new LabException($"Give 1 to 100 seeds and one of the variants {string.Join(", ", VariantRewards.ByName.Keys)}; given were {seeds} and '{variant}'.");
        var temporary = output is null ? Directory.CreateTempSubdirectory("sgglab-learning-").FullName : null;
        try
        {
            return Run(seeds, variant, Path.GetFullPath(temporary ?? output!), DateTimeOffset.UtcNow, cancellation);
        }
        finally
        {
            if (temporary is not null)
                Directory.Delete(temporary, recursive: true);
        }
    }

    private static LearningResult Run(int seeds, string variant, string folder, DateTimeOffset started, CancellationToken cancellation)
    {
        DemoExperiment.Prepare(Path.Combine(folder, "demo"));
        var demo = DemoExperiment.Spec(Path.Combine(folder, "demo")).Runs;
        var sft = Trained(demo.Single(run => run.Method == RunMethod.Sft), folder, null, cancellation);
        var first = demo.First(run => run.Method == RunMethod.Grpo) with { Variant = variant };
        var runs = Enumerable.Range(1, seeds).Select(seed => (seed, Evaluation: Trained(first with { Name = $"{variant.Replace('_', '-')}-s{seed}", Seed = seed }, folder, sft.Start, cancellation).Evaluation)).ToArray();
        var gains = runs.Select(run => Gain(run.seed, run.Evaluation, sft.Evaluation)).ToArray();
        var mean = sft.Evaluation.PerImageRecall.Select((_, i) => runs.Average(run => run.Evaluation.PerImageRecall[i])).ToArray();
        var pooled = RecallInterval.OfDifference(sft.Evaluation.PerImageRecall, mean);
        List<Held> statements =
        [
            .. gains.Select(gain => new Held($"seed {gain.Seed} finds more than SFT", gain.Gain > 0, Text($"{gain.Recall:0.0000} against {sft.Evaluation.Recall:0.0000}: {gain.Gain:+0.0000;-0.0000} [{gain.Low:0.0000}, {gain.High:0.0000}]"))),
            new($"over {seeds} {(seeds == 1 ? "seed" : "seeds")} the gain's lower bound is above 0", pooled.Low > 0, Text($"{pooled.Mean:0.0000} [{pooled.Low:0.0000}, {pooled.High:0.0000}]")),
        ];
        return new LearningResult(statements.All(statement => statement.Ok), variant, sft.Evaluation.Images, sft.Evaluation.Recall, gains, pooled.Mean, pooled.Low, pooled.High,
            Math.Round((DateTimeOffset.UtcNow - started).TotalMinutes, 1), statements);
    }

    private static SeedGain Gain(int seed, EvaluationRecord run, EvaluationRecord sft)
    {
        var gain = RecallInterval.OfDifference(sft.PerImageRecall, run.PerImageRecall);
        return new SeedGain(seed, run.Recall, gain.Mean, gain.Low, gain.High);
    }

    /// <summary>The final evaluation of a run and where its last weights lie; trained now unless its records say it is complete.</summary>
    private static (EvaluationRecord Evaluation, LocalCheckpoint Start) Trained(RunSpec spec, string root, LocalCheckpoint? start, CancellationToken cancellation)
    {
        var (folder, specHash) = (Path.Combine(root, spec.Name), ContentHash.Of(spec));
        var records = Path.Combine(Directory.CreateDirectory(folder).FullName, FolderRecorder.FileName);
        if (Finished(records) is not { } evaluation)
            evaluation = Train(spec, specHash, folder, records, start, cancellation);
        return (evaluation, LocalCheckpoints.Newest(folder, specHash, CheckOutput.Say) ?? throw new LabException($"{folder} has no checkpoint of '{spec.Name}'; delete the folder and start again."));
    }

    private static EvaluationRecord Train(RunSpec spec, string specHash, string folder, string records, LocalCheckpoint? start, CancellationToken cancellation)
    {
        var resumed = LocalCheckpoints.Newest(folder, specHash, CheckOutput.Say);
        CheckOutput.Say(Text($"{spec.Name}: {(resumed is null ? "from the start" : $"from step {resumed.Step}")}"));
        using var recorder = new FolderRecorder(records);
        using var onStop = cancellation.Register(() => recorder.StopRequested = "drain");
        var closed = TrainingJob.Run(new JobInputs
        {
            Spec = spec, SpecHash = specHash, WorkFolder = folder, StartFolder = start?.Folder, StartCheckpoint = start?.Id,
            ResumeFolder = resumed?.Folder, ResumeCheckpoint = resumed?.Id, ResumeStep = resumed?.Step ?? 0,
        }, recorder);
        recorder.Closed(closed);
        if (closed.Outcome != Outcomes.Completed)
            throw new LabException($"{spec.Name}: {closed.Outcome} at step {closed.Step}. {closed.Message}", closed.Outcome == Outcomes.Failed ? 1 : 130);
        return Finished(records)!;
    }

    /// <summary>The last evaluation in a run's records, if they say that it was completed.</summary>
    private static EvaluationRecord? Finished(string records)
    {
        var isDone = FolderRecorder.Read<ClosedRecord>(records, RecordTypes.Closed, CheckOutput.Say).Any(closed => closed.Outcome == Outcomes.Completed);
        return isDone ? FolderRecorder.Read<EvaluationRecord>(records, RecordTypes.Evaluation, CheckOutput.Say)[^1] : null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
