using TorchSharp;
using static TorchSharp.torch;

// Shapes: R rows, V vocabulary.
namespace SggLab.Modeling;

/// <summary>
/// What <see cref="Sampler"/> does, with libtorch's operators where the logits are: of a vocabulary's numbers a row, five come to the host. The same
/// chance draws the same token but for rounding.
/// </summary>
internal static class DeviceSampler
{
    /// <summary>Logits that are sorted and summed at a time: what that takes beside them is bounded.</summary>
    public const int Piece = 1 << 22;

    /// <summary>Equals of the k-th likeliest token that are looked for at first.</summary>
    private const int Room = 128;

    /// <exception cref="NotFiniteLogitsException">As the other throws it.</exception>
    public static Draw[] Choose(Tensor logits_RV, Sampler sampler, IReadOnlyList<Chance> chances)
    {
        var (draws, rows) = (new Draw[chances.Count], (int)Math.Max(1, Piece / logits_RV.size(1)));
        for (var first = 0; first < draws.Length; first += rows)
        {
            using var scope = NewDisposeScope();
            var some = chances.Skip(first).Take(rows).ToArray();
            var chosen = Choose(logits_RV.narrow(0, first, some.Length), sampler.Settings, some);
            for (var r = 0; r < some.Length; r++)
            {
                var of = chosen.AsSpan(5 * r, 5);
                sampler.RequireFinite((float)of[3]);
                draws[first + r] = new Draw((int)of[0], (float)of[1], (float)of[2]);
            }
        }
        return draws;
    }

    private static double[] Choose(Tensor logits_RV, SamplingSettings settings, Chance[] chances)
    {
        var logits32_RV = logits_RV.to_type(ScalarType.Float32);
        double[] With(long room) => TensorMemory.Doubles(Choose(logits32_RV, settings, chances, room).cpu().contiguous()).ToArray();
        var chosen = With(Room);
        return Enumerable.Range(0, chances.Length).Any(r => chosen[5 * r + 4] != 0) ? With(logits_RV.size(1)) : chosen;
    }

    /// <param name="room">For equals of the k-th likeliest token.</param>
    /// <returns>[R,5]: id, its log-probability, that in the distribution drawn from, the log-sum-exp of all, whether room was short; f64, which holds each exactly.</returns>
    private static Tensor Choose(Tensor logits_RV, SamplingSettings settings, Chance[] chances, long room)
    {
        var scaled_RV = settings.Greedy ? logits_RV : logits_RV.Over(settings.Temperature);
        var normaliser_R1 = scaled_RV.logsumexp(1, true);
        var scores_RV = Exclude(Penalise(scaled_RV, settings, chances), settings);
        var none_R1 = zeros_like(normaliser_R1);
        var (at_R1, drawn_R1, short_R1) = settings.Greedy ? (scores_RV.argmax(1, true), none_R1, none_R1) : Draw(scores_RV, settings, chances, room);
        return cat([.. new[] { at_R1, scaled_RV.gather(1, at_R1) - normaliser_R1, drawn_R1, normaliser_R1, short_R1 }.Select(part => part.to_type(ScalarType.Float64))], 1);
    }

    private static (Tensor At_R1, Tensor LogProb_R1, Tensor Short_R1) Draw(Tensor scores_RV, SamplingSettings settings, Chance[] chances, long room)
    {
        var nothing = tensor(float.NegativeInfinity, device: scores_RV.device);
        var short_R1 = zeros(chances.Length, 1, device: scores_RV.device);
        Tensor? ids_RV = null;
        if (settings.TopK > 0 && settings.TopK < scores_RV.size(1))
        {
            // Only what may stay is sorted and summed from here on: V becomes small.
            var kept = Math.Min(settings.TopK + room, scores_RV.size(1));
            var (likeliest_RV, found_RV) = scores_RV.topk((int)kept, 1);
            // Equals of the k-th stay too.
            var threshold_R1 = likeliest_RV.narrow(1, settings.TopK - 1, 1);
            if (kept < scores_RV.size(1))
                short_R1 = likeliest_RV.narrow(1, kept - 1, 1).ge(threshold_R1);
            (ids_RV, var order_RV) = found_RV.sort(1);
            scores_RV = where(likeliest_RV.lt(threshold_R1), nothing, likeliest_RV).gather(1, order_RV);
        }
        if (settings.TopP < 1)
        {
            (scores_RV, var order_RV) = scores_RV.sort(1, descending: true, stable: true);
            ids_RV = ids_RV?.gather(1, order_RV) ?? order_RV;
            var probabilities_RV = scores_RV.softmax(1, ScalarType.Float64);
            // The likeliest stay up to the first whose sum reaches top_p: those before which it was not reached.
            scores_RV = where((probabilities_RV.cumsum(1) - probabilities_RV).Below(settings.TopP), scores_RV, nothing);
        }
        var sums_RV = scores_RV.softmax(1, ScalarType.Float64).cumsum(1);
        var uniform_R1 = tensor(chances.Select(chance => chance.Uniform).ToArray(), [chances.Length, 1], device: scores_RV.device);
        var last = scores_RV.size(1) - 1;
        // The first whose sum is above the number; the last that can be drawn where rounding leaves none.
        var last_R1 = searchsorted(sums_RV, sums_RV.narrow(1, last, 1).contiguous());
        // Sums that are no numbers have no such place; their row is an error, but a GPU must not look beyond its end meanwhile.
        var at_R1 = searchsorted(sums_RV, uniform_R1, right: true).minimum(last_R1).minimum(tensor(last, device: scores_RV.device));
        var logProb_R1 = scores_RV.gather(1, at_R1) - scores_RV.logsumexp(1, true);
        return (ids_RV?.gather(1, at_R1) ?? at_R1, logProb_R1, short_R1);
    }

    private static Tensor Penalise(Tensor scores_RV, SamplingSettings settings, Chance[] chances)
    {
        if (settings.RepetitionPenalty == 1)
            return scores_RV;
        var vocabulary = scores_RV.size(1);
        var seen = tensor(chances.SelectMany((chance, row) => (chance.Seen ?? []).Select(id => row * vocabulary + id)).ToArray(), device: scores_RV.device);
        var penalised_RV = scores_RV.clone();
        var scores = penalised_RV.view(-1).index_select(0, seen);
        penalised_RV.view(-1).index_copy_(0, seen, where(scores.Below(0), scores.Times(settings.RepetitionPenalty), scores.Over(settings.RepetitionPenalty)));
        return penalised_RV;
    }

    private static Tensor Exclude(Tensor scores_RV, SamplingSettings settings)
    {
        if (settings.NeverDrawn.Count == 0)
            return scores_RV;
        var ids = tensor(settings.NeverDrawn.Select(id => (long)id).ToArray(), device: scores_RV.device);
        return scores_RV.index_copy(1, ids, tensor(float.NegativeInfinity, device: scores_RV.device).expand(scores_RV.size(0), settings.NeverDrawn.Count));
    }
}
