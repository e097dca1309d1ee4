using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

/// <summary>What the trainer relies on, beyond equality with the reference.</summary>
public sealed class TrainingPassTests : IDisposable
{
    private readonly Qwen2VLModel _model = Qwen2VLModel.Load(Golden.Model("qwen2-vl-tiny"));
    private readonly DisposeScope _scope = NewDisposeScope();

    [Fact]
    public void Chunks_of_any_size_give_the_same_scores_and_gradients()
    {
        _model.Weights.Train(_ => true);

        var whole = Step(chunk: 0);
        var pieces = Step(chunk: 7);

        pieces.Loss.ShouldBe(whole.Loss, 1e-5);
        foreach (var (name, gradient) in whole.Gradients)
            ShouldBeNear(pieces.Gradients[name], gradient, name);
    }

    [Fact]
    public void Checkpointed_layers_give_the_same_gradients()
    {
        _model.Weights.Train(_ => true);

        var plain = Step();
        var checkpointed = Step(checkpointing: true);

        checkpointed.Loss.ShouldBe(plain.Loss, 1e-6);
        foreach (var (name, gradient) in plain.Gradients)
            ShouldBeNear(checkpointed.Gradients[name], gradient, name);
    }

    [Fact]
    public void Every_trained_weight_gets_a_gradient_and_no_other_does()
    {
        _model.Weights.Train(name => !name.StartsWith("visual.", StringComparison.Ordinal));

        var gradients = Step().Gradients;

        gradients.Keys.ShouldBe(_model.Weights.Names.Where(n => !n.StartsWith("visual.", StringComparison.Ordinal)), ignoreOrder: true);
        foreach (var (name, gradient) in gradients)
            gradient.abs().max().item<float>().ShouldBeGreaterThan(0, name);
    }

    [Fact]
    public void Rows_that_share_an_image_learn_as_if_each_had_its_own()
    {
        _model.Weights.Train(_ => true);
        var rows = Rows();
        var shared = rows.Select(r => r with { Images = [rows[0].Images[0]], Ids = rows[0].Ids, Labels = rows[0].Labels }).ToArray();
        var copies = shared.Select(r => r with { Images = [r.Images[0] with { }] }).ToArray();

        var together = Step(rows: shared);
        var apart = Step(rows: copies);

        together.Loss.ShouldBe(apart.Loss, 1e-6);
        ShouldBeNear(together.Gradients["visual.patch_embed.proj.weight"], apart.Gradients["visual.patch_embed.proj.weight"], "patch_embed");
    }

    [Fact]
    public void Sequences_packed_into_one_row_score_and_learn_as_they_do_alone()
    {
        _model.Weights.Train(_ => true);
        var rows = Rows();

        var alone = Step(ModelBatch.Of(_model, rows));
        var packed = Step(ModelBatch.Packed(_model, [[rows[0], rows[1]], [rows[2]]]));

        Compare.MaxAbs(packed.LogProbs, alone.LogProbs).ShouldBeLessThan(1e-4);
        packed.Loss.ShouldBe(alone.Loss, 1e-5);
        foreach (var (name, gradient) in alone.Gradients)
            ShouldBeNear(packed.Gradients[name], gradient, name);
    }

    [Fact]
    public void Padding_on_either_side_changes_nothing()
    {
        using var off = no_grad();
        using var right = ModelBatch.Of(_model, Rows());
        using var left = ModelBatch.Of(_model, Rows(), padLeft: true);

        Compare.MaxAbs(_model.Score(left).LogProbs, _model.Score(right).LogProbs).ShouldBeLessThan(1e-4);
    }

    [Fact]
    public void A_thousand_calls_of_the_dispatcher_keep_no_memory()
    {
        using var weight = ones(512);
        using var x = rand(512, 512);
        void Call()
        {
            using var scope = NewDisposeScope();
            TorchDispatcher.RmsNorm(x, weight, 1e-6);
            TorchDispatcher.Attention(x.view(1, 8, 64, 512), x.view(1, 8, 64, 512), x.view(1, 8, 64, 512), null, causal: true);
            TorchDispatcher.GeluTanh(x);
        }
        for (var i = 0; i < 50; i++)
            Call();
        var before = Environment.WorkingSet;
        for (var i = 0; i < 1000; i++)
            Call();

        (Environment.WorkingSet - before).ShouldBeLessThan(512 << 20); // One leaked result a call would be a gigabyte; other tests take theirs meanwhile.
    }

    [Fact]
    public void Fused_steps_equal_the_operators_they_replace()
    {
        var (x, w) = (randn(6, 5, 40), randn(40));
        var (a, b) = (randn(6, 77), randn(6, 77));
        var heads = randn(2, 3, 4, 24);
        var rope = Rope.Of(randn(2, 3, 1, 12), ScalarType.Float32);

        ShouldAgree([x, w], t => FusedSteps.RmsNorm(t[0], t[1], 1e-6), t => TorchDispatcher.RmsNorm(t[0], t[1], 1e-6));
        ShouldAgree([a, b], t => FusedSteps.Gate(t[0], t[1]), t => nn.functional.silu(t[0]) * t[1]);
        ShouldAgree([a], t => FusedSteps.QuickGelu(t[0]), t => t[0] * sigmoid(t[0].Times(1.702)));
        ShouldAgree([heads], t => FusedSteps.Turn(t[0], rope.Cos, rope.SignedSin), t => t[0] * rope.Cos + t[0].roll(12, -1) * rope.SignedSin);
    }

    private static void ShouldAgree(Tensor[] inputs, Func<Tensor[], Tensor> ours, Func<Tensor[], Tensor> theirs)
    {
        Tensor[] first = [.. inputs.Select(i => i.clone().requires_grad_(true))];
        Tensor[] second = [.. inputs.Select(i => i.clone().requires_grad_(true))];
        var (mine, other) = (ours(first), theirs(second));
        var weights = randn(mine.shape);
        (mine * weights).sum().backward();
        (other * weights).sum().backward();

        Compare.MaxAbs(mine, other).ShouldBeLessThan(1e-5);
        for (var i = 0; i < inputs.Length; i++)
            Compare.MaxAbs(first[i].grad!, second[i].grad!).ShouldBeLessThan(2e-5);
    }

    private (double Loss, Tensor LogProbs, Dictionary<string, Tensor> Gradients) Step(int chunk = 0, bool checkpointing = false, IReadOnlyList<BatchRow>? rows = null) =>
        Step(ModelBatch.Of(_model, rows ?? Rows()), chunk, checkpointing);

    private (double Loss, Tensor LogProbs, Dictionary<string, Tensor> Gradients) Step(ModelBatch given, int chunk = 0, bool checkpointing = false)
    {
        using var batch = given;
        var logProbs = _model.Score(batch, chunk: chunk, checkpointing: checkpointing).LogProbs;
        var loss = -logProbs.mean();
        loss.backward();
        var gradients = _model.Weights.Names.Where(n => _model.Weights[n].grad is not null).ToDictionary(n => n, n => _model.Weights[n].grad!.clone());
        foreach (var (_, weight) in _model.Weights.Trained())
            weight.grad = null;
        return (loss.item<float>(), logProbs.detach(), gradients);
    }

    private static void ShouldBeNear(Tensor ours, Tensor wanted, string name) =>
        (Compare.MaxAbs(ours, wanted) / wanted.abs().max().item<float>()).ShouldBeLessThan(1e-4, name);

    private static List<BatchRow> Rows()
    {
        var processor = PromptProcessor.Load(Golden.Model("qwen2-vl-tiny"));
        return [.. new[] { "a", "b", "c" }.Select(name =>
        {
            var image = processor.Images.With(maxPixels: 31360).Process(RgbImage.Read(Path.Combine(Golden.Root, "inputs", name + ".png")));
            var prompt = processor.Process([new ChatMessage("user", [new ChatPart.Image(image), new ChatPart.Text("List objects in " + name)])]);
            return BatchRow.Of(prompt, processor.Tokenizer.Encode($"person.1, {name}, horse.2<|im_end|>"));
        })];
    }

    public void Dispose()
    {
        _scope.Dispose();
        _model.Dispose();
    }
}
