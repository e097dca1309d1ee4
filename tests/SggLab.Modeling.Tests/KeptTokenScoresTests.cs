using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

public class KeptTokenScoresTests
{
    /// <summary>Scores among kept tokens, their entropies and gradients beside a plain log-softmax of the gathered logits.</summary>
    [Theory]
    [InlineData(0), InlineData(2)]
    public void Tokens_are_rated_among_the_kept_ones_alone(int chunk)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var (hidden, head) = (randn(5, 6).requires_grad_(), randn(11, 6).requires_grad_());
        // The last id of the second draw repeats its first: one token less was kept.
        var kept = tensor(new long[] { 0, 3, 5, 1, 2, 1, 10, 9, 8, 4, 5, 6, 7, 0, 10 }, [5, 3]);
        var labels = tensor(new long[] { 3, 2, 10, 6, 7 });
        var scores = TokenScores.Of(hidden, head, labels, 0.7, entropies: true, chunk, kept);
        (scores.LogProbs * arange(1, 6)).sum().backward();
        var (toHidden, toHead) = (hidden.grad!.clone(), head.grad!.clone());
        (hidden.grad, head.grad) = (null, null);

        var logits = hidden.matmul(head.t()) / 0.7;
        for (var n = 0; n < 5; n++)
        {
            var ids = kept[n].data<long>().Distinct().ToArray();
            var logProbs = logits[n].index_select(0, tensor(ids)).log_softmax(0);
            var expected = logProbs[Array.IndexOf(ids, labels[n].item<long>())];
            (scores.LogProbs[n] - expected).abs().item<float>().ShouldBeLessThan(1e-5f);
            (scores.Entropies![n] + (logProbs.exp() * logProbs).sum()).abs().item<float>().ShouldBeLessThan(1e-5f);
            (expected * (n + 1)).backward();
            logits = hidden.matmul(head.t()) / 0.7;
        }
        (toHidden - hidden.grad!).abs().max().item<float>().ShouldBeLessThan(1e-5f);
        (toHead - head.grad!).abs().max().item<float>().ShouldBeLessThan(1e-5f);
    }
}
