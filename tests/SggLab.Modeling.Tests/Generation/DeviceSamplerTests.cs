using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

/// <summary>Both samplers draw the same token with the same log-probabilities, so that a rollout is the same wherever it is drawn.</summary>
public sealed class DeviceSamplerTests
{
    private const int Rows = 70, Vocabulary = 301;

    [Theory]
    [InlineData("greedy")]
    [InlineData("greedy, penalty")]
    [InlineData("all")]
    [InlineData("cold")]
    [InlineData("top-k")]
    [InlineData("top-p")]
    [InlineData("top-k, top-p, penalty")]
    [InlineData("top-k, never")]
    [InlineData("top-k, equals")]
    [InlineData("top-p, equals")]
    [InlineData("top-k, top-p, equals")]
    [InlineData("top-k, more equals than are looked for at first")]
    [InlineData("top-k above the vocabulary")]
    public void A_chance_draws_the_same_on_the_host_and_where_the_logits_are(string kind)
    {
        var settings = new SamplingSettings
        {
            MaxNewTokens = 1,
            Greedy = kind.Contains("greedy", StringComparison.Ordinal),
            Temperature = kind == "cold" ? .1 : .8,
            TopK = kind.Contains("above", StringComparison.Ordinal) ? 1000 : kind.Contains("top-k", StringComparison.Ordinal) ? 9 : 0,
            TopP = kind.Contains("top-p", StringComparison.Ordinal) ? .7 : 1,
            RepetitionPenalty = kind.Contains("penalty", StringComparison.Ordinal) ? 1.3 : 1,
            NeverDrawn = kind.Contains("never", StringComparison.Ordinal) ? [3, 200] : [],
        };
        var random = new Random(7);
        var values = new float[Rows * Vocabulary];
        foreach (ref var value in values.AsSpan())
            value = (float)(6 * random.NextDouble() - 3);
        if (kind.Contains("equals", StringComparison.Ordinal))
        {
            // About 40 or 250 of a row are alike.
            foreach (ref var value in values.AsSpan())
                value = kind.Contains("more", StringComparison.Ordinal) ? MathF.Floor(value / 2.5f) : MathF.Floor(value);
        }
        // The likeliest, so that leaving them out is seen.
        for (var row = 0; row < Rows; row++)
            (values[row * Vocabulary + 3], values[row * Vocabulary + 200]) = (4, 5);
        Chance[] chances = [.. Enumerable.Range(0, Rows).Select(row => new Chance(settings.RepetitionPenalty == 1 ? null : [200, row], row == 0 ? 0 : random.NextDouble()))];
        var sampler = new Sampler(settings, Vocabulary);
        using var logits_RV = tensor(values, [Rows, Vocabulary]);

        var (here, there) = (sampler.Choose(values, chances), DeviceSampler.Choose(logits_RV, sampler, chances));

        there.Select(draw => draw.Id).ShouldBe(here.Select(draw => draw.Id));
        foreach (var (a, b) in there.Zip(here))
        {
            a.LogProb.ShouldBe(b.LogProb, 2e-6f);
            a.DrawnLogProb.ShouldBe(b.DrawnLogProb, 2e-6f);
        }
        if (!settings.Greedy)
            here.Select(draw => draw.Id).Distinct().Count().ShouldBeGreaterThan(kind == "cold" ? 1 : 4);
        if (settings.NeverDrawn.Count > 0)
            there.ShouldAllBe(draw => draw.Id != 3 && draw.Id != 200);
    }

    [Fact]
    public void Equals_of_the_kth_likeliest_stay_in_the_draw()
    {
        using var logits_RV = tensor(new float[] { 1, 0, 1, 1 }, [1, 4]);
        var sampler = new Sampler(new() { MaxNewTokens = 1, TopK = 2 }, 4);

        foreach (var (uniform, id) in new[] { (.1, 0), (.5, 2), (.9, 3) })
            DeviceSampler.Choose(logits_RV, sampler, [new Chance(null, uniform)])[0].ShouldSatisfyAllConditions(draw => draw.Id.ShouldBe(id), draw => draw.DrawnLogProb.ShouldBe(MathF.Log(1 / 3f), 1e-6f));
    }

    [Fact]
    public void Rows_of_a_large_vocabulary_are_drawn_from_in_several_turns()
    {
        const int large = DeviceSampler.Piece / 2;
        using var logits_RV = zeros(5, large);
        using (var likely = tensor(new[] { 7L, 8, 9, 10, 11 }).unsqueeze(1))
            logits_RV.scatter_(1, likely, ones(5, 1).mul_(50));

        DeviceSampler.Choose(logits_RV, new Sampler(new() { MaxNewTokens = 1 }, large), [.. Enumerable.Repeat(new Chance(null, .5), 5)]).Select(draw => draw.Id).ShouldBe([7, 8, 9, 10, 11]);
    }

    [Fact]
    public void The_largest_chance_draws_the_last_token_that_can_be_drawn()
    {
        float[] values = [0, 0, 0, float.NegativeInfinity];
        using var logits_RV = tensor(values, [1, 4]);
        var sampler = new Sampler(new() { MaxNewTokens = 1 }, 4);
        Chance[] chances = [new(null, 1 - 1.0 / (1ul << 53))];

        DeviceSampler.Choose(logits_RV, sampler, chances)[0].Id.ShouldBe(2);
        sampler.Choose(values, chances)[0].Id.ShouldBe(2);
    }

    [Fact]
    public void A_row_that_is_no_numbers_is_an_error()
    {
        using var logits_RV = tensor(new[] { 1, 0, float.NaN, 1 }, [2, 2]);

        Should.Throw<NotFiniteLogitsException>(() => DeviceSampler.Choose(logits_RV, new Sampler(new() { MaxNewTokens = 1 }, 2), [new Chance(null, .5), new Chance(null, .5)]));
    }
}
