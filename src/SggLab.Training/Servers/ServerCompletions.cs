using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Prompts;
using SggLab.Training.Rollouts;

namespace SggLab.Training.Servers;

/// <summary>
/// Completions written by a server. Rollouts come with the version of the weights that wrote them, the length of the prompt that was read and the
/// log-probabilities at the sampler; one of another version or another length stops the run, since it would teach what the policy did not do.
/// </summary>
/// <param name="policy">Where new weights are put; null where the server's own are asked (evaluation).</param>
internal sealed class ServerCompletions(ServerSettings settings, Tokenizer tokenizer, ModelFolder model, PolicyFolder? policy) : ICompletionSource
{
    private readonly ServerPool _pool = new(settings);
    private readonly int _imageToken = model.Config.ImageTokenId;
    private readonly int[] _endTokens = GenerationConfig.Of(model).EosIds;
    private string? _loaded;

    /// <inheritdoc/>
    public string PolicyVersion { get; private set; } = "";

    private ServerProtocol Protocol => ServerProtocol.Of(_pool, settings);

    /// <inheritdoc/>
    public IReadOnlyList<Completion> Sample(IReadOnlyList<ExamplePrompt> prompts, GrpoSettings grpo, int runSeed, int step) =>
        SampleAsync(prompts, grpo, runSeed, step).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public IReadOnlyList<Completion> Greedy(IReadOnlyList<ExamplePrompt> prompts, int maxNewTokens) =>
        AllAsync(prompts.Select((prompt, i) => (Func<CancellationToken, Task<Completion>>)(async cancellation =>
        {
            var answer = await Protocol.GreedyAsync(prompt, Picture(prompt), maxNewTokens, cancellation).ConfigureAwait(false);
            CheckPrompt(prompt, answer);
            return Plain(answer, i);
        }))).GetAwaiter().GetResult();

    private async Task<IReadOnlyList<Completion>> SampleAsync(IReadOnlyList<ExamplePrompt> prompts, GrpoSettings grpo, int runSeed, int step)
    {
        var version = PolicyVersion = await PublishAsync(step - 1).ConfigureAwait(false);
        var sampling = new SamplingSettings
        {
            MaxNewTokens = grpo.MaxCompletionTokens, Temperature = grpo.Temperature, TopP = grpo.TopP, TopK = grpo.TopK, NeverDrawn = [_imageToken], EosIds = _endTokens,
        };
        var pictures = prompts.Select(prompt => new Lazy<string>(() => Picture(prompt))).ToArray();
        var completions = await AllAsync(Enumerable.Range(0, prompts.Count * grpo.GroupSize).Select(i => (Func<CancellationToken, Task<Completion>>)(async cancellation =>
        {
            var (prompt, sample) = (i / grpo.GroupSize, i % grpo.GroupSize);
            var seed = RolloutSource.Seed(runSeed, step, prompt, sample);
            var answer = await Protocol.SampleAsync(prompts[prompt], pictures[prompt].Value, sampling, seed, version, cancellation).ConfigureAwait(false);
            // A completion that begins with an image token has nothing that could be read again.
            for (var again = 0; again < 3 && answer.Ids is [var first, ..] && first == _imageToken; again++)
                answer = await Protocol.SampleAsync(prompts[prompt], pictures[prompt].Value, sampling, seed + again + 1, version, cancellation).ConfigureAwait(false);
            return Checked(prompts[prompt], answer, version, seed, prompt, sample);
        }))).ConfigureAwait(false);
        await Protocol.ConfirmAsync(version, CancellationToken.None).ConfigureAwait(false);
        return completions;
    }

    /// <summary>Gives the server the policy as it is now, once a step.</summary>
    private async Task<string> PublishAsync(int stepsDone)
    {
        var version = policy!.Version(stepsDone);
        if (_loaded == version)
            return version;
        var folder = policy.Put(version);
        await Protocol.LoadAsync(version, folder, _loaded, CancellationToken.None).ConfigureAwait(false);
        if (_loaded is { } previous)
            policy.Remove(previous);
        return _loaded = version;
    }

    /// <summary>All at once, as far as the pool lets them; the first failure ends the rest.</summary>
    private static async Task<IReadOnlyList<Completion>> AllAsync(IEnumerable<Func<CancellationToken, Task<Completion>>> work)
    {
        using var stop = new CancellationTokenSource();
        var tasks = work.Select(one => Task.Run(() => one(stop.Token))).ToList();
        var waiting = tasks.ToList();
        while (waiting.Count > 0)
        {
            var done = await Task.WhenAny(waiting).ConfigureAwait(false);
            waiting.Remove(done);
            if (done.IsCompletedSuccessfully)
                continue;
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(tasks.Select(task => task.ContinueWith(_ => { }, TaskScheduler.Default))).ConfigureAwait(false);
            await done.ConfigureAwait(false);
        }
        return [.. tasks.Select(task => task.Result)];
    }

    private Completion Checked(ExamplePrompt prompt, ServerAnswer answer, string version, long seed, int promptIndex, int sample)
    {
        if (answer.Version != version)
            throw new LabException($"The server wrote with the weights '{answer.Version ?? "(it does not say)"}'; this step is of '{version}'. Is another trainer using the server, or is it too old to tell its version?");
        CheckPrompt(prompt, answer);
        if (answer.Ids is not { Length: > 0 } ids || answer.LogProbs is not { } logProbs || logProbs.Length != ids.Length)
            throw new LabException($"The server sent {answer.Ids?.Length ?? 0} token ids and {answer.LogProbs?.Length ?? 0} log-probabilities for a completion; GRPO needs both for every token. vLLM 0.10.2 and SGLang 0.5 send them.");
        // An image token without an image cannot be read again: the completion ends before it.
        var at = Array.IndexOf(ids, _imageToken);
        if (at == 0)
            throw new LabException($"The server began a completion of image {prompt.Example.ImageId} with an image token four times; the policy has collapsed.");
        var kept = at < 0 ? ids.Length : at;
        return new Completion
        {
            Prompt = promptIndex, Sample = sample, Seed = seed, Ids = ids[..kept], Text = tokenizer.Decode(ids.AsSpan(0, kept), skipSpecial: true),
            Finish = answer.IsCutOff || at > 0 ? FinishReason.Length : FinishReason.Stop, LogProbs = logProbs[..kept], DrawnLogProbs = logProbs[..kept],
        };
    }

    private static void CheckPrompt(ExamplePrompt prompt, ServerAnswer answer)
    {
        if (answer.PromptTokens is { } tokens && tokens != prompt.Prompt.Ids.Length)
            throw new LabException($"The server read a prompt of {tokens} tokens where the trainer has {prompt.Prompt.Ids.Length} (image {prompt.Example.ImageId}). "
                + "Start it with the same model folder, its chat template unchanged, and min_pixels and max_pixels that let images through unscaled.");
    }

    private static Completion Plain(ServerAnswer answer, int prompt) => new()
    {
        Prompt = prompt, Sample = 0, Seed = 0, Ids = [], Text = answer.Text, Finish = answer.IsCutOff ? FinishReason.Length : FinishReason.Stop, LogProbs = [], DrawnLogProbs = [],
    };

    private static string Picture(ExamplePrompt prompt) => PngImage.DataUrl(prompt.Picture!());

    public void Dispose()
    {
        policy?.RemoveAll();
        _pool.Dispose();
    }
}
