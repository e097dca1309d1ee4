using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Compares decoding with generation.safetensors: ids of greedy runs, logits of their first steps, distributions of a draw.</summary>
internal sealed class GenerationParity : IDisposable
{
    private const double ProbabilityTolerance = 1e-4;

    private readonly Qwen2VLModel _model;
    private readonly GoldenCases _golden;
    private readonly IDecodeEngine _engine;
    private readonly SafetensorsFile _reference;
    private readonly ConfigObject _settings;
    private readonly List<ProcessedImage> _images;
    private readonly List<ProcessedPrompt> _prompts;
    private readonly int _vocabulary;
    private readonly double _logitTolerance;

    public GenerationParity(Qwen2VLModel model, GoldenCases golden, IDecodeEngine engine)
    {
        (_model, _golden, _engine, _vocabulary) = (model, golden, engine, model.Config.Text.VocabSize);
        _logitTolerance = golden.Tolerance("logits", ForwardParity.OwnTolerance);
        _reference = SafetensorsFile.Open(Path.Combine(golden.Folder, "generation.safetensors"));
        _settings = GoldenFile.Read(Path.Combine(golden.Folder, "generation.json"));
        using var scope = NewDisposeScope();
        var mask = _reference.Read("prompt_attention_mask");
        var ids = _reference.Read("prompt_input_ids");
        var one = golden.CaseOf("left_padded", "generation.json", forward => forward.Entries.ContainsKey("input_ids") && Compare.Different(forward.Read("input_ids"), ids) == 0);
        _images = GoldenBatch.Images(model, golden, one);
        var rows = GoldenBatch.Rows(model, ids, mask, _images);
        _prompts = [.. rows.Select(r => new ProcessedPrompt { Ids = r.Ids, Images = r.Images, Text = "" })];
        engine.Refresh();
    }

    public IEnumerable<ParityItem> Check()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var items = new List<ParityItem>();
        var settings = _settings.Object("settings");
        foreach (var run in settings.Keys)
            items.AddRange(Check(run, settings.Object(run)));
        _settings.AllCompared();
        items.Add(ParityItem.NotCompared("use_cache, bos_token_id, smallest_top1_top2_gap of generation.json", "how ids were found and by which margin; the ids are compared"));
        if (_reference.Entries.ContainsKey("image_grid_thw"))
            items.Add(ParityItem.Exact("image_grid_thw", CaseParity.Grids(_images, _reference.Read("image_grid_thw"))));
        _reference.AllCompared(new HashSet<string>(items.Select(i => i.Item).Concat(["prompt_attention_mask", "prompt_input_ids"]), StringComparer.Ordinal));
        return items.Select(i => i with { Item = $"{_golden.Name}/generation.safetensors/{i.Item}" });
    }

    private IEnumerable<ParityItem> Check(string run, ConfigObject json)
    {
        json.Ignore("use_cache", "bos_token_id", "smallest_top1_top2_gap");
        json.Only("num_beams", "1");
        if (!_reference.Entries.Keys.Any(n => n.StartsWith(run + "/", StringComparison.Ordinal)))
            throw new LabException($"{json.File}: {json.Path.TrimEnd('.')} has no tensors in {_reference.Path}, so nothing compares it.");
        var settings = new SamplingSettings
        {
            MaxNewTokens = json.Size("max_new_tokens"),
            Greedy = !json.Flag("do_sample", false),
            Temperature = json.Number("temperature", 1),
            TopK = json.Int("top_k", 0),
            TopP = json.Number("top_p", 1),
            RepetitionPenalty = json.Number("repetition_penalty", 1),
        };
        var kept = json.Has("kept") ? json.Ints("kept") : null;
        var distinct = json.Has("distinct_tokens") ? json.Int("distinct_tokens") : (int?)null;
        var outcome = Run(settings, [.. json.IntOrInts("eos_token_id")], json.Int("pad_token_id"));
        json.Ignore("temperature", "top_k", "top_p", "repetition_penalty", "do_sample");
        json.AllCompared();
        if (Has($"{run}/new_ids", out var ids))
            yield return ParityItem.Exact($"{run}/new_ids", DifferentIds(outcome, ids));
        if (Has($"{run}/logits_first_steps", out var logits))
            yield return ParityItem.Of($"{run}/logits_first_steps", Compare.MaxAbs(Stack(outcome.Logits, logits), logits), _logitTolerance);
        if (Has($"{run}/scores_first_steps", out var scores))
            yield return ParityItem.Of($"{run}/scores_first_steps", Compare.MaxAbs(Stack(outcome.Scores, scores), scores), _logitTolerance);
        if (Has($"{run}/probabilities_step1", out var probabilities))
            yield return ParityItem.Of($"{run}/probabilities_step1", Compare.MaxAbs(tensor(outcome.Probabilities, [_prompts.Count, _vocabulary]), probabilities), ProbabilityTolerance * _golden.Looser());
        if (kept is not null)
            yield return ParityItem.Exact($"{run}/kept", kept.SequenceEqual(outcome.Probabilities.Chunk(_vocabulary).Select(row => row.Count(p => p > 0))));
        if (distinct is { } tokens)
            yield return ParityItem.Exact($"{run}/distinct_tokens", Math.Abs(tokens - outcome.Ids.SelectMany(r => r).Distinct().Count()));
    }

    /// <summary>The reference stops as soon as every row is finished; from there on ours must hold padding only.</summary>
    private static long DifferentIds(Outcome outcome, Tensor ids)
    {
        var width = (int)ids.size(1);
        var ours = tensor(outcome.Ids.SelectMany(r => r.Take(width)).ToArray(), ids.shape);
        return Compare.Different(ours, ids) + outcome.Ids.Sum(r => r.Skip(width).Count(id => id != outcome.Pad));
    }

    private bool Has(string name, out Tensor tensor)
    {
        var found = _reference.Entries.ContainsKey(name);
        tensor = found ? _reference.Read(name) : null!;
        return found;
    }

    private static Tensor Stack(List<float[]> steps, Tensor like) => tensor(steps.Take((int)like.size(0)).SelectMany(s => s).ToArray(), like.shape);

    private sealed record Outcome(List<long>[] Ids, List<float[]> Logits, List<float[]> Scores, float[] Probabilities, int Pad);

    /// <summary>The reference's loop: finished rows go on with the padding id.</summary>
    private Outcome Run(SamplingSettings settings, HashSet<int> eos, int pad)
    {
        var sampler = new Sampler(settings, _vocabulary);
        var prefixes = _engine.Read(_prompts);
        var rows = prefixes.Select(_engine.Begin).ToArray();
        HashSet<int>[] seen = [.. _prompts.Select(p => p.Ids.ToHashSet())];
        var over = new bool[rows.Length];
        List<long>[] ids = [.. rows.Select(_ => new List<long>())];
        var (logits, scores) = (new List<float[]>(), new List<float[]>());
        var current = prefixes.SelectMany(p => p.Logits.ToArray()).ToArray();
        float[] probabilities = [.. rows.SelectMany((_, b) => sampler.Probabilities(RowOf(current, b), seen[b]))];
        for (var step = 0; ; step++)
        {
            logits.Add(current);
            scores.Add([.. rows.SelectMany((_, b) => Penalised(RowOf(current, b), seen[b], settings))]);
            for (var b = 0; b < rows.Length; b++)
            {
                var id = over[b] ? pad : sampler.Choose(RowOf(current, b), seen[b], 0).Id;
                over[b] |= eos.Contains(id);
                ids[b].Add(id);
                seen[b].Add(id);
            }
            if (step + 1 == settings.MaxNewTokens)
                break;
            current = _engine.Step(rows, [.. ids.Select(r => (int)r[^1])]).ToArray();
        }
        foreach (var row in rows)
            row.Dispose();
        foreach (var prefix in prefixes)
            prefix.Dispose();
        return new Outcome(ids, logits, scores, probabilities, pad);
    }

    private ReadOnlySpan<float> RowOf(float[] logits, int row) => logits.AsSpan(row * _vocabulary, _vocabulary);

    private static float[] Penalised(ReadOnlySpan<float> logits, HashSet<int> seen, SamplingSettings settings)
    {
        var scores = logits.ToArray();
        Sampler.Penalise(scores, seen, (float)settings.RepetitionPenalty);
        return scores;
    }

    public void Dispose()
    {
        _engine.Dispose();
        _reference.Dispose();
    }
}
