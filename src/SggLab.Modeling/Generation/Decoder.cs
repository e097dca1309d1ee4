using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// Draws completions fast: a prompt is read once for all its samples, keys and values are kept, finished rows leave the
/// batch and waiting prompts enter. A completion depends on its seed and its prompt, not on what else is drawn (the
/// rounding of matrix products may differ with the number of rows, in the sixth digit of a logit).
/// </summary>
/// <remarks>Call <see cref="Refresh"/> after the weights have changed. Used by one thread at a time.</remarks>
public sealed class Decoder : IDisposable
{
    /// <summary>Rows decoded side by side at most.</summary>
    private const int DefaultRows = 256;

    /// <summary>Prompt tokens read at a time, padding included.</summary>
    private const int PrefillTokens = 8192;

    private readonly Qwen2VLModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly IDecodeEngine _engine;
    private readonly int[] _eosIds;

    public Decoder(Qwen2VLModel model, Tokenizer tokenizer)
        : this(model, tokenizer, model.Weights.Type == ScalarType.Float32 && model.Weights.Device.type == DeviceType.CPU ? CpuDecodeEngine.Of(model) : new TorchDecodeEngine(model, drawsOnDevice: model.Weights.Device.type != DeviceType.CPU))
    {
    }

    internal Decoder(Qwen2VLModel model, Tokenizer tokenizer, IDecodeEngine engine)
    {
        _model = model;
        _tokenizer = tokenizer;
        _eosIds = GenerationConfig.Of(model.Folder).EosIds;
        _engine = engine;
        Refresh();
    }

    /// <summary>Takes the model's weights as they are now; cheap where no adapter has to be merged.</summary>
    public void Refresh()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        _engine.Refresh();
    }

    /// <param name="samplesPerPrompt">Completions of each prompt.</param>
    /// <param name="seed">The seed of a prompt's sample (both counted from 0).</param>
    /// <param name="onToken">Called with each completion's prompt, sample and new id as it is drawn.</param>
    /// <param name="rows">Completions written side by side at most.</param>
    /// <returns>Prompt after prompt, sample after sample.</returns>
    /// <exception cref="LabException">A setting is out of range, a prompt fills the whole context, or the logits are not finite.</exception>
    public IReadOnlyList<Completion> Generate(
        IReadOnlyList<ProcessedPrompt> prompts, int samplesPerPrompt, SamplingSettings settings, Func<int, int, long> seed,
        Action<int, int, int>? onToken = null, int rows = DefaultRows, CancellationToken cancellation = default)
    {
        settings.Check();
        if (samplesPerPrompt < 1)
            throw new LabException($"{samplesPerPrompt} samples a prompt were asked for; at least 1 is wanted.");
        foreach (var (prompt, index) in prompts.Select((p, i) => (p, i)))
        {
            if (prompt.Ids.Length >= _model.Config.Text.MaxPositions)
                throw new LabException($"Prompt {index} has {prompt.Ids.Length} tokens, which leaves no room for an answer: the model's max_position_embeddings is {_model.Config.Text.MaxPositions}. {PromptProcessor.Shorter(prompt.Images.Count)}");
        }
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var eos = (settings.EosIds ?? _eosIds).ToHashSet();
        using var batch = new RolloutBatch(_engine, new Sampler(settings, _model.Config.Text.VocabSize, _model.Folder.Path), settings, eos, _model.Config.Text.MaxPositions, onToken);
        var done = new Completion[prompts.Count * samplesPerPrompt];
        var next = 0;
        while (next < prompts.Count || batch.Rows > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            var admitted = Admit(prompts, next, Math.Max(1, (rows - batch.Rows) / samplesPerPrompt), batch.Rows > 0 && batch.Rows + samplesPerPrompt > rows);
            if (admitted > 0)
                batch.Add(prompts, next, admitted, samplesPerPrompt, seed);
            next += admitted;
            batch.Step();
            foreach (var rollout in batch.TakeFinished())
                done[rollout.Prompt * samplesPerPrompt + rollout.Sample] = rollout.Finish(_tokenizer);
        }
        return done;
    }

    /// <summary>How many prompts enter now: as rows are free, and as many tokens as are read at a time.</summary>
    private static int Admit(IReadOnlyList<ProcessedPrompt> prompts, int next, int free, bool full)
    {
        if (full)
            return 0;
        var (count, longest) = (0, 0);
        while (count < free && next + count < prompts.Count)
        {
            longest = Math.Max(longest, prompts[next + count].Ids.Length);
            if (count > 0 && longest * (count + 1) > PrefillTokens)
                break;
            count++;
        }
        return count;
    }

    public void Dispose() => _engine.Dispose();
}
