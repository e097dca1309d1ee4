using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Checkpoints;
using SggLab.Training.Optimization;
using SggLab.Training.Prompts;
using SggLab.Training.Rollouts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Grpo;

/// <summary>
/// Group relative policy optimisation with graph rewards (arXiv 2504.13617; R1-SGG, open_r1/grpo.py): draw G completions a prompt, score them, turn
/// scores into advantages within each group, and raise the log-probability of what was better than its group.
/// Departures from the reference, each an option: token losses are divided once by the tokens of the whole step (normalisation: micro_batch is the
/// reference's), any configured end token closes a completion, and the image token is never drawn. Completions whose advantage is exactly 0 carry no gradient where beta is 0, so
/// they are not run through the update.
/// </summary>
internal sealed class GrpoTrainer : IDisposable
{
    private readonly RunSession _session;
    private readonly GrpoSettings _settings;
    private readonly GrpoObjective _objective;
    private readonly AdamW _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly ExampleStream _examples;
    private readonly RewardSource _rewards;
    private readonly RolloutSource _rollouts;
    private readonly Qwen2VLModel? _reference;
    private readonly int _count;
    private readonly int _totalSteps;

    private GrpoTrainer(RunSession session)
    {
        _session = session;
        _settings = session.Spec.Grpo!;
        _objective = new GrpoObjective(_settings.Loss, _settings.Epsilon, _settings.EpsilonHigh ?? _settings.Epsilon, _settings.Beta,
            _settings.ImportanceSampling == "sequence", _settings.MaxCompletionTokens);
        var data = session.OpenTraining();
        _count = data.Count;
        _examples = new ExampleStream(data, session.Spec.Seed);
        _totalSteps = _settings.MaxSteps ?? (int)Math.Ceiling(_settings.Epochs!.Value * data.Count / _settings.PromptsPerStep);
        _schedule = new LearningRateSchedule(_settings.Schedule, _settings.LearningRate, _settings.WarmupRatio, _totalSteps);
        _rewards = new RewardSource(session.Spec);
        _reference = _settings.Beta > 0 ? session.LoadStart() : null;
        _optimizer = session.Train(_settings.Freeze, _settings.WeightDecay, _settings.AdamBeta2);
        _rollouts = new RolloutSource(session.Model, session.Prompts.Tokenizer);
    }

    public static ClosedRecord Run(JobInputs inputs, IRunRecorder recorder)
    {
        using var session = RunSession.Open(inputs, recorder, inputs.Spec.Grpo!.Precision);
        using var trainer = new GrpoTrainer(session);
        var state = session.FirstState("grpo");
        session.ReportStart(trainer._totalSteps);
        if (inputs.Spec.Evaluation.AtStart && state.Step == 0 && session.EvaluateTest(0) is { } stopped)
            return stopped;
        return StepLoop.Run(session, trainer._optimizer, state, trainer._totalSteps, trainer.Step);
    }

    private StepResult Step(TrainerState state, int step)
    {
        using var scope = NewDisposeScope();
        var prompts = Enumerable.Range(0, _settings.PromptsPerStep).Select(i => _session.Prompts.ForTraining(_examples[state.DataPosition + i].Example)).ToArray();
        var batch = Score(step, prompts, _rollouts.Sample(prompts, _settings, _session.Spec.Seed, step));
        if (_settings.KeepRolloutsEvery > 0 && step % _settings.KeepRolloutsEvery == 0)
            KeepRollouts(step, batch);
        var rate = _schedule.At(step - 1);
        var update = Update(step, batch, rate);
        var position = state.DataPosition + prompts.Length;
        var tokens = state.TokensSeen + batch.Rollouts.Sum(rollout => rollout.Ids.Length);
        var figures = GrpoFigures.Of(batch, _settings.GroupSize);
        foreach (var (name, value) in update.Figures(_settings.Beta > 0))
            figures[name] = value;
        figures["learning_rate"] = rate;
        figures["epoch"] = position / (double)_count;
        figures["num_tokens"] = tokens;
        return new StepResult(figures, position, tokens);
    }

    private RolloutBatch Score(int step, ExamplePrompt[] prompts, IReadOnlyList<Completion> rollouts)
    {
        var scores = rollouts.Select((rollout, i) => _rewards.Score(prompts[i / _settings.GroupSize], rollout.Text)).ToArray();
        double[] rewards = [.. scores.Select(score => score.Total)];
        foreach (var reward in rewards)
            FiniteGuard.Check(step, "reward", reward, _session.Parent);
        var scale = _settings.ScaleRewards switch { "group" => RewardScale.Group, "batch" => RewardScale.Batch, _ => RewardScale.None };
        return new RolloutBatch(prompts, rollouts, scores, rewards, Advantages.Of(rewards, _settings.GroupSize, scale));
    }

    private UpdateSums Update(int step, RolloutBatch batch, double rate)
    {
        var rows = Enumerable.Range(0, batch.Rollouts.Count).Select(i => batch.Row(i, _settings)).ToArray();
        var normaliser = new GrpoNormaliser(rows.Sum(row => (double)row.CountedTokens), rows.Length);
        // A zero advantage gives a zero gradient; with a KL term or micro-batch normalisation every row matters.
        var learning = _settings is { Beta: 0, Normalisation: "global" } ? [.. rows.Where(row => row.Advantage != 0 && row.CountedTokens > 0)] : rows;
        var parts = learning.Chunk(_settings.MicroBatchSize ?? Math.Max(1, learning.Length)).ToArray();
        var old = _settings.Iterations > 1 ? parts.Select(part => Kept(LogProbs(_session.Model, part))).ToArray() : null;
        var total = UpdateSums.Zero;
        for (var iteration = 0; iteration < _settings.Iterations; iteration++)
        {
            for (var i = 0; i < parts.Length; i++)
                total += Accumulate(parts[i], old?[i], normaliser, parts.Length);
            FiniteGuard.Check(step, "loss", total.Loss, _session.Parent);
            var norm = parts.Length == 0 ? 0 : _optimizer.Step(rate, _settings.MaxGradNorm);
            FiniteGuard.Check(step, "grad_norm", norm, _session.Parent);
            total = total with { GradNorm = norm };
        }
        return total.Over(_settings.Iterations);
    }

    /// <summary>Adds a micro-batch's share of the step's loss to the gradients.</summary>
    private UpdateSums Accumulate(GrpoRow[] rows, Tensor? old_BT, GrpoNormaliser normaliser, int microBatches)
    {
        using var scope = NewDisposeScope();
        var mask_BT = Mask(rows);
        var reference_BT = _reference is null ? null : LogProbs(_reference, rows);
        using var batch = ModelBatch.Of(_session.Model, [.. rows.Select(row => row.Tokens)]);
        var scores = _session.Model.Score(batch, _settings.Temperature, entropies: true, _settings.ActivationCheckpointing);
        var logps_BT = Padded(scores.LogProbs, batch);
        var advantages_B = tensor(rows.Select(row => row.Advantage).ToArray(), device: logps_BT.device);
        if (_settings.Normalisation == "micro_batch")
            normaliser = new GrpoNormaliser(rows.Sum(row => (double)row.CountedTokens), rows.Length, microBatches);
        var (loss, sums) = GrpoLoss.Compute(logps_BT, old_BT, reference_BT, mask_BT, advantages_B, _objective, normaliser);
        loss.backward();
        using var off = no_grad();
        var entropy = (Padded(scores.Entropies!, batch) * mask_BT).sum().ToDouble();
        var (gap, largest) = SamplerGap(rows, logps_BT, mask_BT);
        return new UpdateSums(loss.ToDouble(), sums, entropy, gap, largest, 0);
    }

    /// <summary>Sum and maximum of |log-probability at the sampler - at the trainer| over counted tokens: how far the two ways to run the model differ.</summary>
    private static (double Sum, double Largest) SamplerGap(GrpoRow[] rows, Tensor logps_BT, Tensor mask_BT)
    {
        if (rows.Any(row => row.SamplerLogProbs is null))
            return (0, 0);
        var sampled = new float[mask_BT.numel()];
        var length = (int)mask_BT.shape[1];
        for (var b = 0; b < rows.Length; b++)
            rows[b].SamplerLogProbs!.CopyTo(sampled, b * length);
        var gap_BT = (tensor(sampled, mask_BT.shape, device: mask_BT.device) - logps_BT).abs() * mask_BT;
        return (gap_BT.sum().ToDouble(), gap_BT.max().ToDouble());
    }

    private Tensor LogProbs(Qwen2VLModel model, GrpoRow[] rows)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var batch = ModelBatch.Of(model, [.. rows.Select(row => row.Tokens)]);
        return Padded(model.Score(batch, _settings.Temperature).LogProbs, batch).MoveToOuterDisposeScope();
    }

    /// <summary>Token figures [N] as rows [B,T], zeros after each row's end; differentiable.</summary>
    private static Tensor Padded(Tensor flat_N, ModelBatch batch)
    {
        var length = batch.ScoredCounts.Max();
        var places = batch.ScoredCounts.SelectMany((count, b) => Enumerable.Range(b * length, count).Select(place => (long)place)).ToArray();
        return zeros(batch.Rows * length, dtype: flat_N.dtype, device: flat_N.device)
            .index_copy(0, tensor(places, device: flat_N.device), flat_N).view(batch.Rows, length);
    }

    private Tensor Mask(GrpoRow[] rows)
    {
        var length = rows.Max(row => row.Completion);
        var mask = new float[rows.Length * length];
        for (var b = 0; b < rows.Length; b++)
            Array.Fill(mask, 1f, b * length, rows[b].CountedTokens);
        return tensor(mask, [rows.Length, length], device: _session.Model.Weights.Device);
    }

    private static Tensor Kept(Tensor tensor) => tensor.MoveToOuterDisposeScope();

    private void KeepRollouts(int step, RolloutBatch batch)
    {
        var file = Path.Combine(_session.Inputs.WorkFolder, $"rollouts-{step:D8}.parquet");
        RolloutShard.Write(file, step, batch.Rows(_settings.GroupSize));
        _session.Recorder.Rollouts(new RolloutsRecord(step, batch.Rollouts.Count, CheckpointFolder.Blob(Path.GetFileName(file), file),
            batch.Rewards.Average(), Advantages.MeanDeviation(batch.Rewards, _settings.GroupSize), batch.PartMeans(),
            Advantages.FractionWithoutSignal(batch.Rewards, _settings.GroupSize)), file);
        File.Delete(file);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _rollouts.Dispose();
        _reference?.Dispose();
    }
}
