using SggLab.Contracts.Specs;
using SggLab.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Grpo;

/// <summary>
/// Log-probabilities of completions under a model, as rows [B,T] with zeros after each row's end. They are over the whole vocabulary at the
/// temperature, or over what the sampler left in each draw where that is replayed.
/// </summary>
internal static class PolicyScores
{
    /// <summary>Without gradient.</summary>
    public static Tensor LogProbs(Qwen2VLModel model, GrpoRow[] rows, GrpoSettings settings)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        return Of(model, rows, settings, entropies: false).LogProbs_BT.MoveToOuterDisposeScope();
    }

    /// <summary>With the gradient where one is asked for; entropies never have one.</summary>
    public static (Tensor LogProbs_BT, Tensor? Entropies_BT) Of(Qwen2VLModel model, GrpoRow[] rows, GrpoSettings settings, bool entropies)
    {
        using var batch = ModelBatch.Of(model, [.. rows.Select(row => row.Tokens)]);
        var scores = model.Score(batch, settings.Temperature, entropies, settings.ActivationCheckpointing, kept: Kept(rows, model.Weights.Device));
        return (Padded(scores.LogProbs, batch), entropies ? Padded(scores.Entropies!, batch) : null);
    }

    /// <summary>1 where a completion token counts.</summary>
    public static Tensor Mask(GrpoRow[] rows, Device device) => Ones(rows, row => row.CountedTokens, device);

    /// <summary>The sampler's log-probabilities and 1 where they are known and count; null where the sampler does not tell.</summary>
    public static (Tensor LogProbs_BT, Tensor Known_BT)? Sampled(GrpoRow[] rows, Device device)
    {
        if (rows.Any(row => row.SamplerLogProbs is null))
            return null;
        var length = rows.Max(row => row.Completion);
        var sampled = new float[rows.Length * length];
        for (var b = 0; b < rows.Length; b++)
            rows[b].SamplerLogProbs!.CopyTo(sampled, b * length);
        return (tensor(sampled, [rows.Length, length], device: device), Ones(rows, row => Math.Min(row.CountedTokens, row.SamplerLogProbs!.Length), device));
    }

    private static Tensor Ones(GrpoRow[] rows, Func<GrpoRow, int> count, Device device)
    {
        var length = rows.Max(row => row.Completion);
        var mask = new float[rows.Length * length];
        for (var b = 0; b < rows.Length; b++)
            Array.Fill(mask, 1f, b * length, count(rows[b]));
        return tensor(mask, [rows.Length, length], device: device);
    }

    /// <summary>Ids [N,K], i64, row after row; a draw with fewer than K ids repeats its first.</summary>
    private static Tensor? Kept(GrpoRow[] rows, Device device)
    {
        if (rows[0].Kept is null)
            return null;
        var draws = rows.SelectMany(row => row.Kept!).ToArray();
        var widest = draws.Max(draw => draw.Length);
        var ids = new long[draws.Length * widest];
        for (var n = 0; n < draws.Length; n++)
            for (var k = 0; k < widest; k++)
                ids[n * widest + k] = draws[n][k < draws[n].Length ? k : 0];
        return tensor(ids, [draws.Length, widest], device: device);
    }

    /// <summary>Token figures [N] as rows [B,T]; differentiable.</summary>
    private static Tensor Padded(Tensor flat_N, ModelBatch batch)
    {
        var length = batch.ScoredCounts.Max();
        var places = batch.ScoredCounts.SelectMany((count, b) => Enumerable.Range(b * length, count).Select(place => (long)place)).ToArray();
        return zeros(batch.Rows * length, dtype: flat_N.dtype, device: flat_N.device)
            .index_copy(0, tensor(places, device: flat_N.device), flat_N).view(batch.Rows, length);
    }
}
