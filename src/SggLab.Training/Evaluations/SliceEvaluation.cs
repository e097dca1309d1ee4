using SggLab.Datasets;
using SggLab.Training.Checkpoints;
using SggLab.Training.Rollouts;

namespace SggLab.Training.Evaluations;

/// <summary>
/// Evaluates a slice of data.validation every N steps: figures on the way under eval/, and where checkpoints.choose is best, the weights that do
/// best there. The split that ranks is never looked at.
/// </summary>
internal sealed class SliceEvaluation : IDisposable
{
    private readonly RunSession _session;
    private readonly int _every;
    private readonly ParquetDataset _data;
    private readonly BestWeights? _best;

    private SliceEvaluation(RunSession session, int every)
    {
        _session = session;
        _every = every;
        _data = ParquetDataset.Open(session.Spec.Data.Validation!);
        _best = session.Spec.Checkpoints.Choose == "best" ? new BestWeights(session.Inputs.WorkFolder) : null;
        if (_best is not null)
            session.AlsoKeep(_best.AddTo);
    }

    /// <summary>Null where the run asks for none.</summary>
    public static SliceEvaluation? Of(RunSession session, TrainerState state)
    {
        if (session.Spec.Evaluation.EverySteps is not { } every)
            return null;
        var slice = new SliceEvaluation(session, every);
        if (state.Best is not null && session.Inputs.ResumeFolder is { } resume)
            slice._best?.TakeFrom(Path.Combine(resume, TrainerState.Folder));
        return slice;
    }

    public bool IsDue(int step, int totalSteps) => step % _every == 0 || step == totalSteps;

    /// <summary>Figures of the weights as they are, and the state that knows if they are the best; null figures where the run is cancelled meanwhile.</summary>
    public (IReadOnlyDictionary<string, double>? Figures, TrainerState State) Run(TrainerState state)
    {
        var file = Path.Combine(_session.Inputs.WorkFolder, "slice.jsonl");
        File.Delete(file);
        using var rollouts = new RolloutSource(_session.Model, _session.Prompts.Tokenizer, () => false);
        var figures = new SplitEvaluation(_session.Prompts, rollouts, _session.Spec)
            .Run(_data, _session.Spec.Evaluation.Slice, _session.Spec.Data.Validation!, file, $"step {state.Step}", (_, _) => _session.Recorder.StopRequested != "cancel");
        File.Delete(file);
        File.Delete(file + ".of");
        if (figures is null)
            return (null, state);
        return (new Dictionary<string, double>
        {
            ["eval/recall"] = figures.Recall.Mean,
            ["eval/mean_recall"] = figures.MeanRecall,
            ["eval/failure_rate"] = figures.FailureRate,
        }, Chosen(state, _session.Spec.Checkpoints.ChooseBy == "recall" ? figures.Recall.Mean : figures.MeanRecall));
    }

    /// <summary>Of equals the earlier stays: it has moved less.</summary>
    private TrainerState Chosen(TrainerState state, double value)
    {
        if (_best is null || value <= state.Best?.Value)
            return state;
        _best.Keep(_session.Model);
        return state with { Best = new BestSoFar(state.Step, value) };
    }

    /// <summary>Makes the best weights the run's newest checkpoint and the model's own; what the run ends with.</summary>
    /// <returns>The step they are of.</returns>
    public int TakeBest(TrainerState state)
    {
        if (_best is null || state.Best is not { } best || best.Step == state.Step)
            return state.Step;
        _session.Recorder.Log("info", FormattableString.Invariant($"The weights of step {best.Step} did best on data.validation ({_session.Spec.Checkpoints.ChooseBy} {best.Value:F4}): they are ranked and handed on."));
        _session.TakeWeights(_best.Path);
        _session.Report(_best.Path, best.Step, CheckpointKinds.Weights);
        return best.Step;
    }

    public void Dispose() => _data.Dispose();
}
