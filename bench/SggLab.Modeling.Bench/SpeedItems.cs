using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SggLab.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling.Bench;

/// <summary>The items that transformers was measured on. Goals are shares of its matmuls.</summary>
internal sealed class SpeedItems : IDisposable
{
    private const double ReferencePeakMb = 1398;
    private const int NewTokens = 128;

    private readonly Qwen2VLModel _model = BenchModel.Create();
    private readonly Inputs _inputs;
    private readonly Tokenizer _tokenizer;
    private readonly int _runs;

    public SpeedItems(int runs)
    {
        _runs = runs;
        _inputs = new Inputs(_model);
        _tokenizer = PromptProcessor.Of(_model.Folder).Tokenizer;
    }

    /// <summary>Name and measurement of each item, in order.</summary>
    public IEnumerable<(string Name, Func<string, Measure> Run)> All() =>
    [
        ("sft_step_b8_s512_img224", name => SftStep(name, _inputs.Rows(8, 512, 224), 153.0)),
        ("sft_step_b1_s512_img448", name => SftStep(name, _inputs.Rows(1, 512, 448), 31.5)),
        ("forward_b8_s512_img224", name => Forward(name, _inputs.Rows(8, 512, 224))),
        ("rollout_b1_p128_new128_img224", name => Rollouts(name, 1, 1, 83.8, 0.3)),
        ("rollout_b8_p128_new128_img224", name => Rollouts(name, 8, 1, 146.2, 0.3)),
        ("rollout_b32_p128_new128_img224", name => Rollouts(name, 32, 1, 230.9, 0.45)),
        ("rollout_group_8x8_p128_new128_img224", name => Rollouts(name, 8, 8, 373.9, 0.3)),
        ("grpo_step_8x8_new128", GrpoSteps.Time),
        ("image_1280x853_max512", Image),
        ("tokenizer", TokenizerRate),
        ("peak_memory", name => Measure.Plain(name, Measure.Peak(), "MB", FormattableString.Invariant($"at most {ReferencePeakMb}, transformers' own"))),
    ];

    /// <summary>Forward, loss on all positions, backward, clip at 1, AdamW; from token ids and pixels.</summary>
    private Measure SftStep(string name, BatchRow[] rows, double reference)
    {
        _model.Weights.Train(_ => true);
        using var optimizer = new AdamW(_model.Weights.Trained(), weightDecay: 0.01);
        var timing = Matmul.Time(_runs, () => SftStep(rows, optimizer));
        _model.Weights.Train(_ => false);
        return Measure.Time(name, timing, reference, 0.9);
    }

    private void SftStep(BatchRow[] rows, AdamW optimizer)
    {
        using var scope = NewDisposeScope();
        using var batch = ModelBatch.Of(_model, rows);
        var loss = _model.Score(batch).LogProbs.sum().Over(-batch.ScoredCounts.Sum());
        loss.backward();
        if (!double.IsFinite(optimizer.Step(1e-5, maxGradNorm: 1)))
            throw new InvalidOperationException("The benchmark's gradients are no numbers.");
    }

    private Measure Forward(string name, BatchRow[] rows) => Measure.Time(name, Matmul.Time(_runs, () =>
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var batch = ModelBatch.Of(_model, rows);
        _model.Logits(_model.Hidden(batch)).max().ToSingle();
    }), 47.2);

    private Measure Rollouts(string name, int prompts, int samples, double reference, double goal)
    {
        var settings = new SamplingSettings { MaxNewTokens = NewTokens, Temperature = 1, TopK = 50, TopP = 0.9, NeverDrawn = [_model.Config.ImageTokenId] };
        var given = _inputs.Prompts(prompts, 128, 224);
        using var decoder = new Decoder(_model, _tokenizer);
        var timing = Matmul.Time(samples > 1 ? Math.Max(2, _runs / 2) : _runs, () =>
        {
            var completions = decoder.Generate(given, samples, settings, (prompt, sample) => 1000 * prompt + sample);
            if (completions.Any(completion => completion.Ids.Length != NewTokens))
                throw new InvalidOperationException("A completion of the benchmark ended early.");
        });
        return Measure.Time(name, timing, reference, goal);
    }

    private Measure Image(string name)
    {
        var processor = PromptProcessor.Of(_model.Folder).Images.With(maxPixels: 512 * 28 * 28);
        var image = _inputs.Image(1280, 853);
        return Measure.Time(name, Matmul.Time(5 * _runs, () => processor.Process(image)), 2.1, 0.5);
    }

    /// <summary>The goldens' texts, read once by a tokenizer that has seen none of them, on one core.</summary>
    private Measure TokenizerRate(string name)
    {
        var texts = File.ReadLines(Golden.File("tokenizer", "encode.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!).ToArray();
        var bytes = texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
        var best = double.MaxValue;
        for (var run = 0; run < 2 + _runs; run++)
        {
            var fresh = PromptProcessor.Of(_model.Folder).Tokenizer;
            var watch = Stopwatch.StartNew();
            foreach (var text in texts)
                fresh.Encode(text);
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        return Measure.Plain(name, bytes / best / 1e6, "MB/s", "at least 1 on a core");
    }

    public void Dispose() => _model.Dispose();
}
