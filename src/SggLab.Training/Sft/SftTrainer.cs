using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Checkpoints;
using SggLab.Training.Optimization;
using SggLab.Training.Prompts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Sft;

/// <summary>
/// Supervised fine-tuning on the answers of a data set (R1-SGG, src/sft_sgg.py). Only the answer's tokens teach, unless sft.labels: reference asks for
/// its way (<see cref="SftRow.OfChat"/>); token losses are divided once by the tokens of the whole step. docs/training.md lists all departures.
/// </summary>
internal sealed class SftTrainer : IDisposable
{
    private readonly RunSession _session;
    private readonly SftSettings _settings;
    private readonly AdamW _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly ExampleStream _examples;
    private readonly int _count;
    private readonly int _totalSteps;

    private SftTrainer(RunSession session)
    {
        _session = session;
        _settings = session.Spec.Sft!;
        var data = session.OpenTraining();
        _count = data.Count;
        _examples = new ExampleStream(data, session.Spec.Seed);
        _totalSteps = _settings.MaxSteps ?? (int)Math.Ceiling(_settings.Epochs!.Value * data.Count / _settings.BatchSize);
        _schedule = new LearningRateSchedule(_settings.Schedule, _settings.LearningRate, _settings.WarmupRatio, _totalSteps);
        session.Start(_totalSteps);
        _optimizer = session.Train();
    }

    public static ClosedRecord Run(JobInputs inputs, IRunRecorder recorder)
    {
        using var session = RunSession.Open(inputs, recorder);
        var state = session.FirstState("sft");
        using var trainer = new SftTrainer(session);
        if (inputs.Spec.Evaluation.AtStart && state.Step == 0 && session.EvaluateTest(0) is { } stopped)
            return stopped;
        return StepLoop.Run(session, trainer._optimizer, state, trainer._totalSteps, trainer.Step);
    }

    private StepResult Step(TrainerState state, int step)
    {
        using var scope = NewDisposeScope();
        var rows = Enumerable.Range(0, _settings.BatchSize).Select(i => Row(state.DataPosition + i)).ToArray();
        var tokens = rows.Sum(ScoredTokens);
        var packed = _settings.Packing ? SequencePacking.Pack(rows) : [.. rows.Select(row => new[] { row })];
        var loss = packed.Chunk(_settings.MicroBatchSize ?? packed.Length).Sum(part => Accumulate(part, tokens));
        FiniteGuard.Check(step, "loss", loss, _session.Parent);
        var rate = _schedule.At(step - 1);
        var norm = _optimizer.Step(rate, _settings.MaxGradNorm);
        FiniteGuard.Check(step, "grad_norm", norm, _session.Parent);
        var position = state.DataPosition + rows.Length;
        return new StepResult(new Dictionary<string, double>
        {
            ["loss"] = loss,
            ["grad_norm"] = norm,
            ["learning_rate"] = rate,
            ["epoch"] = position / (double)_count,
            ["num_tokens"] = state.TokensSeen + tokens,
        }, position, state.TokensSeen + tokens);
    }

    /// <summary>Adds a micro-batch's share of the step's loss to the gradients.</summary>
    private double Accumulate(BatchRow[][] rows, int tokensOfStep)
    {
        using var scope = NewDisposeScope();
        if (rows.Any(row => row.Length > 1))
            _settings.RequireMask(rows.Length, rows.Max(row => row.Sum(sequence => (long)sequence.Ids.Length)));
        using var batch = ModelBatch.Packed(_session.Model, rows);
        var scores = _session.Model.Score(batch, checkpointing: _settings.ActivationCheckpointing);
        var loss = scores.LogProbs.sum().Over(-tokensOfStep);
        loss.backward();
        return loss.Number();
    }

    private BatchRow Row(long position)
    {
        var (example, timesSeen) = _examples[position];
        var prompt = _session.Prompts.ForTraining(example).Prompt;
        var answer = _session.Prompts.Answer(example, _settings.Answer == "tags", _settings.ShuffleObjects ? timesSeen : null, unchecked(_session.Spec.Seed * 7919L + position));
        var row = _settings.Labels == "reference" ? SftRow.OfChat(prompt, answer, _session.Prompts.Tokenizer, _session.Model.Config) : SftRow.OfAnswer(prompt, answer, _session.Prompts.Tokenizer);
        var context = _session.Model.Config.Text.MaxPositions;
        if (row.Ids.Length > context)
            throw new LabException($"{example.Origin.File}, row {example.Origin.Row}: prompt and answer have {row.Ids.Length} tokens; the model's max_position_embeddings is {context}. Lower max_pixels, or leave the row out.");
        return row;
    }

    /// <summary>Labels that have a token before them to predict them.</summary>
    private static int ScoredTokens(BatchRow row) => row.Labels!.Skip(1).Count(label => label != BatchRow.Ignored);

    public void Dispose() => _optimizer.Dispose();
}
