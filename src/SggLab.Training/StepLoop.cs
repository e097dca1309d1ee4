using System.Diagnostics;
using SggLab.Contracts.Records;
using SggLab.Training.Checkpoints;
using SggLab.Training.Optimization;

namespace SggLab.Training;

/// <summary>What a step of a trainer gives: its figures by name and the state after it.</summary>
internal sealed record StepResult(IReadOnlyDictionary<string, double> Figures, long DataPosition, long TokensSeen);

/// <summary>The loop that SFT and GRPO share: step, record, checkpoint, stop on request, evaluate at the end.</summary>
internal static class StepLoop
{
    /// <param name="step">Takes the state before and the number of the step, counted from 1.</param>
    public static ClosedRecord Run(RunSession session, AdamW optimizer, TrainerState state, int totalSteps, Func<TrainerState, int, StepResult> step)
    {
        var every = session.Spec.Checkpoints.EverySteps;
        var saved = state.Step;
        while (state.Step < totalSteps)
        {
            if (session.Recorder.StopRequested is { } stop)
                return Stop(session, optimizer, state, saved, stop);
            var watch = Stopwatch.StartNew();
            var result = step(state, state.Step + 1);
            state = state with { Step = state.Step + 1, DataPosition = result.DataPosition, TokensSeen = result.TokensSeen };
            session.Recorder.Metrics(Packed(state.Step, result.Figures, watch.Elapsed.TotalSeconds));
            if (state.Step % every != 0 && state.Step != totalSteps)
                continue;
            session.SaveCheckpoint(state, optimizer, state.Step == totalSteps ? session.Spec.Checkpoints.Final : CheckpointKinds.Full);
            saved = state.Step;
        }
        return session.EvaluateTest(state.Step) ?? new ClosedRecord(Outcomes.Completed, null, null, state.Step);
    }

    private static ClosedRecord Stop(RunSession session, AdamW optimizer, TrainerState state, int saved, string stop)
    {
        if (stop == "cancel")
            return new ClosedRecord(Outcomes.Cancelled, null, "Cancelled on request.", state.Step);
        if (state.Step > saved)
            session.SaveCheckpoint(state, optimizer, CheckpointKinds.Full);
        return new ClosedRecord(Outcomes.Released, null, "Handed back on request.", state.Step);
    }

    private static MetricsRecord Packed(int step, IReadOnlyDictionary<string, double> figures, double seconds) =>
        new([step], figures.Append(new("step_time", seconds)).ToDictionary(pair => pair.Key, pair => (IReadOnlyList<double?>)[pair.Value]));
}
