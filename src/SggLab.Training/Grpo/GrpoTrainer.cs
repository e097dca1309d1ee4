using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Checkpoints;
using SggLab.Training.Optimization;
using SggLab.Training.Prompts;
using SggLab.Training.Rollouts;
using SggLab.Training.Servers;
using static TorchSharp.torch;

namespace SggLab.Training.Grpo;

/// <summary>
/// Group relative policy optimisation with graph rewards (arXiv 2504.13617; R1-SGG, open_r1/grpo.py): draw G completions a prompt, score them, turn
/// scores into advantages within each group, and raise the log-probability of what was better than its group.
/// Departures from the reference, each an option: token losses are divided once by the tokens of the whole step (normalisation: micro_batch is the
/// reference's) and any configured end token closes a completion (eos: reference). Without an option: the image token is never drawn; iterations of
/// one batch of rollouts are one step with one learning rate; weights and warm-ups of rewards also act under split_rewards. Completions whose
/// advantage is exactly 0 carry no gradient where beta is 0, so they are not run through the update.
/// </summary>
internal sealed class GrpoTrainer : IDisposable
{
    private readonly RunSession _session;
    private readonly GrpoSettings _settings;
    private readonly AdamW _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly ExampleStream _examples;
    private readonly RewardSource _rewards;
    private readonly ICompletionSource _rollouts;
    private readonly ReferencePolicy? _reference;
    private readonly GrpoUpdate _update;
    private readonly int _count, _drawn, _totalSteps;
    private readonly int _endOfTurn, _padding;

    private GrpoTrainer(RunSession session)
    {
        _session = session;
        _settings = session.Spec.Grpo!;
        var data = session.OpenTraining();
        _count = data.Count;
        _examples = new ExampleStream(data, session.Spec.Seed);
        _drawn = GroupSelection.Drawn(_settings.PromptsPerStep, _settings.KeepTopGroupRatio);
        _totalSteps = _settings.MaxSteps ?? (int)Math.Ceiling(_settings.Epochs!.Value * data.Count / _drawn);
        _schedule = new LearningRateSchedule(_settings.Schedule, _settings.LearningRate, _settings.WarmupRatio, _totalSteps);
        _rewards = new RewardSource(session.Spec);
        session.Start(_totalSteps);
        _optimizer = session.Train();
        _reference = ReferencePolicy.Of(session);
        _rollouts = _settings.Server is { } server
            ? new ServerCompletions(server, session.Prompts.Tokenizer, session.Model.Folder, new PolicyFolder(server.WeightsFolder!, Label(session), folder => Policy(session, server, folder)))
            : new RolloutSource(session.Model, session.Prompts.Tokenizer, () => session.Recorder.StopRequested is not null);
        _update = new GrpoUpdate(session, _optimizer, _reference);
        _endOfTurn = session.Prompts.Tokenizer.IdOf("<|im_end|>");
        _padding = _settings.Eos == "reference" ? session.Prompts.Tokenizer.IdOf("<|endoftext|>") : 0;
    }

    public static ClosedRecord Run(JobInputs inputs, IRunRecorder recorder)
    {
        using var session = RunSession.Open(inputs, recorder);
        var state = session.FirstState("grpo");
        using var trainer = new GrpoTrainer(session);
        if (inputs.Spec.Evaluation.AtStart && state.Step == 0 && session.EvaluateTest(0) is { } stopped)
            return stopped;
        return StepLoop.Run(session, trainer._optimizer, state, trainer._totalSteps, trainer.Step);
    }

    private StepResult Step(TrainerState state, int step)
    {
        using var scope = NewDisposeScope();
        var prompts = Enumerable.Range(0, _drawn).Select(i => _session.Prompts.ForTraining(_examples[state.DataPosition + i].Example)).ToArray();
        var drawn = Score(step, prompts, _rollouts.Sample(prompts, _settings, _session.Spec.Seed, step));
        var batch = WithAdvantages(Kept(drawn), _rewards.WeightsAt(step - 1));
        if (_settings.KeepRolloutsEvery > 0 && step % _settings.KeepRolloutsEvery == 0)
            KeepRollouts(step, batch);
        var rate = _schedule.At(step - 1);
        var update = _update.Run(step, batch.Rows(_settings, _endOfTurn, _padding), rate);
        _reference?.AfterStep(step);
        var position = state.DataPosition + prompts.Length;
        var tokens = state.TokensSeen + drawn.Tokens;
        var figures = GrpoFigures.Of(batch, drawn, _settings.GroupSize);
        foreach (var (name, value) in update.Figures(_reference is not null))
            figures[name] = value;
        figures["learning_rate"] = rate;
        figures["epoch"] = position / (double)_count;
        figures["num_tokens"] = tokens;
        return new StepResult(figures, position, tokens);
    }

    private RolloutBatch Score(int step, ExamplePrompt[] prompts, IReadOnlyList<Completion> rollouts)
    {
        var weights = _rewards.WeightsAt(step - 1);
        var parts = rollouts.Select((rollout, i) => _rewards.Score(prompts[i / _settings.GroupSize], rollout.Text)).ToArray();
        double[] rewards = [.. parts.Select(part => part.Zip(weights, (reward, weight) => reward * weight).Sum())];
        UnscorableGroups.Check(step, prompts, _rewards.Names, parts, rewards, _session.Parent);
        return new RolloutBatch(prompts, rollouts, _rewards.Names, parts, rewards, []);
    }

    /// <summary>The groups to learn from.</summary>
    private RolloutBatch Kept(RolloutBatch drawn) => _drawn == _settings.PromptsPerStep ? drawn
        : drawn.Of(GroupSelection.Keep(Advantages.Deviations(drawn.Rewards, _settings.GroupSize), _settings.PromptsPerStep));

    private RolloutBatch WithAdvantages(RolloutBatch batch, double[] weights) => batch with
    {
        Advantages = _settings.SplitRewards
            ? Advantages.OfParts(batch.Parts, weights, _settings.GroupSize)
            : Advantages.Of(batch.Rewards, _settings.GroupSize, _settings.ScaleRewards switch { "group" => RewardScale.Group, "batch" => RewardScale.Batch, _ => RewardScale.None }),
    };

    private void KeepRollouts(int step, RolloutBatch batch)
    {
        var file = Path.Combine(_session.Inputs.WorkFolder, $"rollouts-{step:D8}.parquet");
        RolloutShard.Write(file, step, batch.Scored(_settings.GroupSize, _rollouts.PolicyVersion));
        _session.Recorder.Rollouts(new RolloutsRecord(step, batch.Rollouts.Count, CheckpointFolder.Blob(Path.GetFileName(file), file),
            batch.Rewards.Where(double.IsFinite).Average(), Advantages.MeanDeviation(batch.Rewards, _settings.GroupSize), batch.PartMeans(),
            Advantages.FractionWithoutSignal(batch.Rewards, _settings.GroupSize)), file);
        File.Delete(file);
    }

    private static string Label(RunSession session) => $"{session.Spec.Name}-{session.Inputs.SpecHash[..8]}-{Guid.NewGuid().ToString("n")[..8]}";

    private static void Policy(RunSession session, ServerSettings server, string folder)
    {
        if (server.Weights == "lora")
            session.Adapter!.Save(folder, session.BaseModel);
        else
            session.Model.Save(folder);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _rollouts.Dispose();
        _reference?.Dispose();
    }
}
