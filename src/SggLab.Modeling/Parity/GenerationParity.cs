using System.Text.Json;
using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Compares decoding with generation.safetensors: ids of greedy runs, logits of their first steps, distributions of a draw.</summary>
internal sealed class GenerationParity : IDisposable
{
    private const double OwnLogitTolerance = 2e-4;
    private const double ProbabilityTolerance = 1e-4;

    private readonly Qwen2VLModel _model;
    private readonly string _folder;
    private readonly IDecodeEngine _engine;
    private readonly SafetensorsFile _reference;
    private readonly JsonDocument _settings;
    private readonly List<ProcessedPrompt> _prompts;
    private readonly int _vocabulary;
    private readonly double _logitTolerance;

    public GenerationParity(Qwen2VLModel model, string folder, JsonElement golden, IDecodeEngine engine)
    {
        (_model, _folder, _engine, _vocabulary) = (model, folder, engine, model.Config.Text.VocabSize);
        _logitTolerance = StatedTolerance.Of(golden, "logits", OwnLogitTolerance);
        _reference = SafetensorsFile.Open(Path.Combine(folder, "generation.safetensors"));
        _settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "generation.json")));
        using var scope = NewDisposeScope();
        var mask = _reference.Read("prompt_attention_mask");
        var images = GoldenBatch.Inputs(folder, model, GoldenBatch.Names(golden.GetProperty("cases").GetProperty("left_padded").GetProperty("images")));
        var rows = GoldenBatch.Rows(model, _reference.Read("prompt_input_ids"), mask, images);
        _prompts = [.. rows.Select(r => new ProcessedPrompt { Ids = r.Ids, Images = r.Images, Text = "" })];
        engine.Refresh();
    }

    public IEnumerable<ParityItem> Check()
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var items = new List<ParityItem>();
        foreach (var run in _settings.RootElement.GetProperty("settings").EnumerateObject())
            items.AddRange(Check(run.Name, run.Value));
        var known = items.Select(i => i.Item).ToHashSet(StringComparer.Ordinal);
        foreach (var name in _reference.Entries.Keys.Except(["image_grid_thw", "prompt_attention_mask", "prompt_input_ids"]))
        {
            if (!known.Contains(name))
                throw new LabException($"{_reference.Path} holds the tensor {name}, which parity does not know.");
        }
        return items.Select(i => i with { Item = $"{Path.GetFileName(_folder)}/generation.safetensors/{i.Item}" });
    }

    private IEnumerable<ParityItem> Check(string run, JsonElement json)
    {
        var settings = new SamplingSettings
        {
            MaxNewTokens = json.GetProperty("max_new_tokens").GetInt32(),
            Greedy = !json.GetProperty("do_sample").GetBoolean(),
            Temperature = Number(json, "temperature", 1),
            TopK = (int)Number(json, "top_k", 0),
            TopP = Number(json, "top_p", 1),
            RepetitionPenalty = Number(json, "repetition_penalty", 1),
        };
        var eos = json.GetProperty("eos_token_id") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select(e => e.GetInt32()).ToHashSet() : [json.GetProperty("eos_token_id").GetInt32()];
        var outcome = Run(settings, eos, json.GetProperty("pad_token_id").GetInt32());
        if (Has($"{run}/new_ids", out var ids))
            yield return ParityItem.Exact($"{run}/new_ids", DifferentIds(outcome, ids));
        if (Has($"{run}/logits_first_steps", out var logits))
            yield return ParityItem.Of($"{run}/logits_first_steps", Compare.MaxAbs(Stack(outcome.Logits, logits), logits), _logitTolerance);
        if (Has($"{run}/scores_first_steps", out var scores))
            yield return ParityItem.Of($"{run}/scores_first_steps", Compare.MaxAbs(Stack(outcome.Scores, scores), scores), _logitTolerance);
        if (Has($"{run}/probabilities_step1", out var probabilities))
            yield return ParityItem.Of($"{run}/probabilities_step1", Compare.MaxAbs(tensor(outcome.Probabilities, probabilities.shape), probabilities), ProbabilityTolerance);
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

    private static double Number(JsonElement json, string key, double otherwise) => json.TryGetProperty(key, out var value) ? value.GetDouble() : otherwise;

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
        _settings.Dispose();
    }
}
