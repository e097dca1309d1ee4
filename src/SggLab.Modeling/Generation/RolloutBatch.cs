namespace SggLab.Modeling;

/// <summary>One completion in the making.</summary>
internal sealed class Rollout
{
    public required int Prompt { get; init; }
    public required int Sample { get; init; }
    public required long Seed { get; init; }
    public required IDecodeRow Row { get; init; }
    public required SharedPrefix Shared { get; init; }
    /// <summary>New tokens at most: the setting, or what the context leaves.</summary>
    public required int Limit { get; init; }
    /// <summary>Every id of prompt and completion, where a repetition penalty asks for them.</summary>
    public HashSet<int>? Seen { get; init; }
    public List<Draw> Draws { get; } = [];
    public FinishReason? Finished { get; set; }

    public Completion Finish(Tokenizer tokenizer)
    {
        var ids = Draws.Select(d => d.Id).ToArray();
        return new Completion
        {
            Prompt = Prompt,
            Sample = Sample,
            Seed = Seed,
            Ids = ids,
            Text = tokenizer.Decode(ids, skipSpecial: true),
            Finish = Finished!.Value,
            LogProbs = [.. Draws.Select(d => d.LogProb)],
            DrawnLogProbs = [.. Draws.Select(d => d.DrawnLogProb)],
            Kept = Draws[0].Kept is null ? null : [.. Draws.Select(d => d.Kept!)],
        };
    }
}

/// <summary>A prompt's keys and values, freed when the last of its completions is done.</summary>
internal sealed class SharedPrefix(IPrefix prefix, int users)
{
    private int _users = users;

    public void Release()
    {
        if (--_users == 0)
            prefix.Dispose();
    }
}

/// <summary>The completions being written side by side.</summary>
internal sealed class RolloutBatch(
    IDecodeEngine engine, Sampler sampler, SamplingSettings settings, HashSet<int> eos, int context, Action<int, int, int>? onToken) : IDisposable
{
    private readonly List<Rollout> _active = [];
    private readonly List<Rollout> _finished = [];

    public int Rows => _active.Count;

    /// <summary>Reads prompts and draws the first token of all their samples.</summary>
    public void Add(IReadOnlyList<ProcessedPrompt> prompts, int first, int count, int samples, Func<int, int, long> seed)
    {
        var prefixes = engine.Read([.. prompts.Skip(first).Take(count)]);
        var begun = new List<Rollout>();
        for (var p = 0; p < count; p++)
        {
            var (prompt, prefix) = (prompts[first + p], prefixes[p]);
            var shared = new SharedPrefix(prefix, samples);
            for (var s = 0; s < samples; s++)
            {
                begun.Add(new Rollout
                {
                    Prompt = first + p,
                    Sample = s,
                    Seed = seed(first + p, s),
                    Row = engine.Begin(prefix),
                    Shared = shared,
                    Limit = Math.Min(settings.MaxNewTokens, context - prompt.Ids.Length),
                    Seen = settings.RepetitionPenalty != 1 ? [.. prompt.Ids] : null,
                });
            }
        }
        _active.AddRange(begun);
        var draws = sampler.Choose(row => prefixes[row / samples].Logits, [.. begun.Select(Chance)]);
        for (var i = 0; i < draws.Length; i++)
            Take(begun[i], draws[i]);
        Sweep();
    }

    /// <summary>One token more for every row.</summary>
    public void Step()
    {
        if (_active.Count == 0)
            return;
        Span<int> tokens = _active.Count <= 1024 ? stackalloc int[_active.Count] : new int[_active.Count];
        var rows = new IDecodeRow[_active.Count];
        for (var i = 0; i < rows.Length; i++)
            (rows[i], tokens[i]) = (_active[i].Row, _active[i].Draws[^1].Id);
        var draws = engine.Step(rows, tokens, sampler, [.. _active.Select(Chance)]);
        for (var i = 0; i < rows.Length; i++)
            Take(_active[i], draws[i]);
        Sweep();
    }

    private Chance Chance(Rollout rollout) => new(rollout.Seen, settings.Greedy ? 0 : SeedStream.Uniform(rollout.Seed, rollout.Draws.Count));

    private void Take(Rollout rollout, Draw draw)
    {
        rollout.Draws.Add(draw);
        rollout.Seen?.Add(draw.Id);
        onToken?.Invoke(rollout.Prompt, rollout.Sample, draw.Id);
        if (eos.Contains(draw.Id))
            rollout.Finished = FinishReason.Stop;
        else if (rollout.Draws.Count >= rollout.Limit)
            rollout.Finished = FinishReason.Length;
    }

    private void Sweep()
    {
        foreach (var rollout in _active.Where(r => r.Finished is not null))
        {
            Free(rollout);
            _finished.Add(rollout);
        }
        _active.RemoveAll(r => r.Finished is not null);
    }

    public IReadOnlyList<Rollout> TakeFinished()
    {
        if (_finished.Count == 0)
            return [];
        Rollout[] taken = [.. _finished];
        _finished.Clear();
        return taken;
    }

    private static void Free(Rollout rollout)
    {
        rollout.Row.Dispose();
        rollout.Shared.Release();
    }

    public void Dispose()
    {
        foreach (var rollout in _active)
            Free(rollout);
        _active.Clear();
    }
}
