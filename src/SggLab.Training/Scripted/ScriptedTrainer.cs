using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Training.Checkpoints;

namespace SggLab.Training.Scripted;

/// <summary>
/// Plays a run without a model: every figure is a function of (seed, step), so that two attempts agree to the bit. It exists to test the way of
/// the records (journal, ingest, projections, pages, kills) without libtorch.
/// </summary>
internal sealed class ScriptedTrainer(JobInputs inputs, IRunRecorder recorder)
{
    private const string StateFile = "trainer_state.json";
    private readonly RunSpec _spec = inputs.Spec;
    private readonly ScriptedSettings _script = inputs.Spec.Scripted!;
    private string? _parent = inputs.ResumeCheckpoint ?? inputs.StartCheckpoint;

    public ClosedRecord Run()
    {
        var first = ReadState();
        recorder.Started(RunningJob.Started(inputs, _script.Steps, threads: 1, ScriptedFigures.DatasetHash, new Dictionary<string, string> { ["trainer"] = "scripted" }));
        for (var step = first + 1; step <= _script.Steps; step++)
        {
            if (Stop(step - 1) is { } closed)
                return closed;
            Thread.Sleep(_script.StepMilliseconds);
            if (step == _script.FailAtStep)
                return new ClosedRecord(Outcomes.Failed, "scripted", $"The script fails at step {step}, as scripted.fail_at_step asks.", step);
            recorder.Metrics(ScriptedFigures.Metrics(_spec.Seed, step, _script));
            if (step % _spec.Checkpoints.EverySteps == 0 || step == _script.Steps)
                SaveCheckpoint(step);
        }
        Evaluate();
        return new ClosedRecord(Outcomes.Completed, null, null, _script.Steps);
    }

    private ClosedRecord? Stop(int step)
    {
        switch (recorder.StopRequested)
        {
            case "cancel":
                return new ClosedRecord(Outcomes.Cancelled, null, "Cancelled on request.", step);
            case "drain":
                if (step > inputs.ResumeStep && step % _spec.Checkpoints.EverySteps != 0)
                    SaveCheckpoint(step);
                return new ClosedRecord(Outcomes.Released, null, "Handed back on request.", step);
            default:
                return null;
        }
    }

    private int ReadState()
    {
        if (inputs.ResumeFolder is null)
            return 0;
        var file = Path.Combine(inputs.ResumeFolder, StateFile);
        var state = File.Exists(file)
            ? JsonSerializer.Deserialize<ScriptedState>(File.ReadAllText(file), LabJson.Options)
            : throw new LabException($"{inputs.ResumeFolder} has no {StateFile}, so this run cannot go on from it; start it afresh.");
        if (state?.Seed != _spec.Seed || state.Step != inputs.ResumeStep)
            throw new LabException($"{file} is of seed {state?.Seed} at step {state?.Step}; this run is of seed {_spec.Seed} and goes on from step {inputs.ResumeStep}.");
        return state.Step;
    }

    private void SaveCheckpoint(int step)
    {
        var folder = CheckpointFolder.Name(inputs.WorkFolder, step);
        CheckpointFolder.Write(folder, to =>
        {
            File.WriteAllText(Path.Combine(to, StateFile), JsonSerializer.Serialize(new ScriptedState(_spec.Seed, step), LabJson.Options));
            File.WriteAllBytes(Path.Combine(to, "weights.bin"), ScriptedFigures.Weights(_spec.Seed, step));
        });
        var record = CheckpointFolder.Describe(folder, step, CheckpointKinds.Full, _parent, inputs.SpecHash, ScriptedFigures.DatasetHash);
        recorder.Checkpoint(record, folder);
        _parent = record.Id;
        CheckpointFolder.Retain(folder, _spec.Checkpoints.Keep);
    }

    private void Evaluate()
    {
        var file = Path.Combine(inputs.WorkFolder, "predictions.jsonl");
        File.WriteAllLines(file, ScriptedFigures.Predictions(_spec.Seed));
        recorder.Evaluation(ScriptedFigures.Evaluation(_spec, _script, _parent ?? "", file), file);
    }

    private sealed record ScriptedState(int Seed, int Step);
}
