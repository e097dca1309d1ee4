using System.Diagnostics;
using SggLab.Contracts.Records;
using SggLab.Modeling;
using SggLab.Training.Checkpoints;
using SggLab.Training.Evaluations;
using SggLab.Training.Optimization;

namespace SggLab.Training;

/// <summary>What a step of a trainer gives: its figures by name and the state after it.</summary>
internal sealed record StepResult(IReadOnlyDictionary<string, double> Figures, long DataPosition, long TokensSeen);

/// <summary>The loop that SFT and GRPO share: step, record, evaluate a slice, checkpoint, stop on request, evaluate at the end.</summary>
internal static class StepLoop
{
    /// <param name="step">Takes the state before and the number of the step, counted from 1. Where it is cancelled it has changed nothing.</param>
    /// <exception cref="DivergedException">A figure or the policy's logits are no numbers any more, or a guard was crossed.</exception>
    public static ClosedRecord Run(RunSession session, AdamW optimizer, TrainerState state, int totalSteps, Func<TrainerState, int, StepResult> step)
    {
        var current = state.Step;
        try
        {
            return Steps(session, optimizer, state, totalSteps, (before, number) => step(before, current = number));
        }
        catch (NotFiniteLogitsException e)
        {
            throw new DivergedException(current, $"The run stops at step {current}. {e.Message} The last good checkpoint is {session.Parent ?? "the start"}; go on from it with a lower learning rate.");
        }
    }

    private static ClosedRecord Steps(RunSession session, AdamW optimizer, TrainerState state, int totalSteps, Func<TrainerState, int, StepResult> step)
    {
        var (saved, guards) = (state.Step, new Guards(session.Spec.Guards));
        using var slice = SliceEvaluation.Of(session, state);
        while (state.Step < totalSteps)
        {
            if (session.Recorder.StopRequested is { } stop)
                return Stop(session, optimizer, state, saved, stop);
            var watch = Stopwatch.StartNew();
            StepResult result;
            try
            {
                result = step(state, state.Step + 1);
            }
            catch (OperationCanceledException) when (session.Recorder.StopRequested is { } asked)
            {
                return Stop(session, optimizer, state, saved, asked);
            }
            state = state with { Step = state.Step + 1, DataPosition = result.DataPosition, TokensSeen = result.TokensSeen };
            session.Recorder.Metrics(Packed(state.Step, result.Figures.Append(new("step_time", watch.Elapsed.TotalSeconds))));
            guards.Check(state.Step, result.Figures, session.Parent);
            if (slice?.IsDue(state.Step, totalSteps) == true)
            {
                var (figures, chosen) = slice.Run(state);
                if (figures is null)
                    return Stop(session, optimizer, state, saved, "cancel");
                session.Recorder.Metrics(Packed(state.Step, figures));
                guards.Check(state.Step, figures, session.Parent);
                state = chosen;
            }
            if (state.Step % session.Spec.Checkpoints.EverySteps != 0 && state.Step != totalSteps)
                continue;
            var kind = state.Step == totalSteps ? session.Spec.Checkpoints.Final : session.Spec.Checkpoints.Kind;
            session.SaveCheckpoint(state, optimizer, kind);
            saved = kind == CheckpointKinds.Full ? state.Step : saved;
        }
        return session.EvaluateTest(slice?.TakeBest(state) ?? state.Step) ?? new ClosedRecord(Outcomes.Completed, null, null, state.Step);
    }

    private static ClosedRecord Stop(RunSession session, AdamW optimizer, TrainerState state, int saved, string stop)
    {
        if (stop == "cancel")
            return new ClosedRecord(Outcomes.Cancelled, null, "Cancelled on request.", state.Step);
        if (state.Step > saved)
            session.SaveCheckpoint(state, optimizer, CheckpointKinds.Full);
        return new ClosedRecord(Outcomes.Released, null, "Handed back on request.", state.Step);
    }

    private static MetricsRecord Packed(int step, IEnumerable<KeyValuePair<string, double>> figures) =>
        new([step], figures.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<double?>)[pair.Value]));
}
