using SggLab.Modeling;
using SggLab.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Tests.Optimization;

public class AdamWTests
{
    /// <summary>Losses and gradient norms of five steps of the reference (lr 1e-3, weight decay .01, clip 1), whole and in two micro-batches.</summary>
    [Theory]
    [InlineData("labels_assistant", "full_batch")]
    [InlineData("labels_assistant", "two_micro_batches")]
    [InlineData("labels_r1sgg", "full_batch")]
    public void Five_steps_equal_the_reference(string labels, string run)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Json("qwen", "qwen2-vl-tiny", "training.json");
        var expected = golden.RootElement.GetProperty($"{labels}/{run}");
        using var model = Qwen2VLModel.Load(Golden.Folder("qwen", "qwen2-vl-tiny"));
        model.Weights.Train(_ => true);
        using var optimizer = new AdamW(model.Weights.Trained(), weightDecay: 0.01);
        var rows = Rows(labels);
        var tokens = rows.Sum(row => row.Labels!.Skip(1).Count(label => label != BatchRow.Ignored));
        for (var step = 0; step < 5; step++)
        {
            var loss = rows.Chunk(run == "full_batch" ? 2 : 1).Sum(part => Accumulate(model, part, tokens));
            loss.ShouldBe(expected.GetProperty("loss")[step].GetDouble(), 1e-4, $"loss of step {step}");
            var norm = optimizer.Step(1e-3, maxGradNorm: 1);
            norm.ShouldBe(expected.GetProperty("grad_norm")[step].GetDouble(), 1e-3 * norm, $"gradient norm of step {step}");
        }
        optimizer.Steps.ShouldBe(5);
    }

    [Fact]
    public void A_gradient_that_is_no_number_moves_nothing()
    {
        using var scope = NewDisposeScope();
        var weight = ones(3).requires_grad_();
        using var optimizer = new AdamW([new("w", weight)], 0);
        (weight * float.NaN).sum().backward();
        optimizer.Step(0.1, 1).ShouldBe(double.NaN);
        weight.data<float>().ToArray().ShouldBe([1f, 1f, 1f]);
        optimizer.Steps.ShouldBe(0);
    }

    [Theory]
    [InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Masters_and_moments_on_the_host_give_the_same_bits(ScalarType type)
    {
        using var scope = NewDisposeScope();
        Tensor AfterSteps(bool onHost)
        {
            manual_seed(1);
            var weight = randn(50, 3).to(type).requires_grad_();
            using var optimizer = new AdamW([new("w", weight)], 0.01, onHost: onHost);
            for (var step = 0; step < 3; step++)
            {
                (weight * weight).sum().backward();
                optimizer.Step(1e-2, type == ScalarType.Float32 ? 1e6 : 0.5);
            }
            return weight.detach();
        }
        (AfterSteps(true) - AfterSteps(false)).abs().max().to(ScalarType.Float32).item<float>().ShouldBe(0);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public void A_weight_larger_than_a_piece_is_stepped_in_parts_with_the_same_bits(bool onHost)
    {
        using var scope = NewDisposeScope();
        Tensor[] AfterSteps(long pieceElements)
        {
            manual_seed(1);
            Tensor[] weights = [.. new[] { 50, 3, 40 }.Select(rows => randn(rows, 4).to(ScalarType.BFloat16).requires_grad_())];
            using var optimizer = new AdamW(weights.Select((weight, i) => KeyValuePair.Create($"w{i}", weight)), 0.01, onHost: onHost, pieceElements: pieceElements);
            for (var step = 0; step < 3; step++)
            {
                foreach (var weight in weights)
                    (weight * weight).sum().backward();
                optimizer.Step(1e-2, 1e6);
                weights.Count(weight => weight.grad is null).ShouldBe(3);
            }
            optimizer.Steps.ShouldBe(3);
            return [.. weights.Select(weight => weight.detach())];
        }
        foreach (var (parts, whole) in AfterSteps(64).Zip(AfterSteps(1 << 20)))
            (parts - whole).abs().max().to(ScalarType.Float32).item<float>().ShouldBe(0);
    }

    [Fact]
    public void States_on_the_host_lie_side_by_side_in_blocks_of_powers_of_two()
    {
        using var scope = NewDisposeScope();
        long[][] shapes = [[3], [5, 20], [1], [64], [7, 9], [2, 2, 2]];
        var states = HostBlocks.Of(shapes, pinned: false);
        foreach (var (state, i) in states.Select((state, i) => (state, i)))
            state.fill_(i);
        states.Select(state => state.shape).ShouldBe(shapes);
        states.Select((state, i) => state.eq(i).all().item<bool>()).ShouldAllBe(own => own, "none lies over another");
        // 128 for 100, 8, 3 and 1; 64 for 64; 64 for 63.
        HostBlocks.Elements([3, 100, 1, 64, 63, 8]).ShouldBe(256);
        foreach (var state in states)
            state.Dispose();
    }

    /// <summary>At the paper's rate a step is less than half the distance between two bf16 numbers nearly everywhere: without masters nothing would move.</summary>
    [Fact]
    public void A_hundred_bf16_steps_at_the_papers_rate_move_the_masters_and_the_weights_follow_rounded()
    {
        using var scope = NewDisposeScope();
        using var model = Qwen2VLModel.Load(Golden.Folder("qwen", "qwen2-vl-tiny"), ScalarType.BFloat16);
        model.Weights.Train(_ => true);
        using var optimizer = new AdamW(model.Weights.Trained(), weightDecay: 0);
        var before = model.Weights.Names.ToDictionary(name => name, name => model.Weights[name].detach().to_type(ScalarType.Float32, copy: true));
        var rows = Rows("labels_r1sgg");
        var tokens = rows.Sum(row => row.Labels!.Skip(1).Count(label => label != BatchRow.Ignored));
        for (var step = 0; step < 100; step++)
        {
            Accumulate(model, rows, tokens);
            optimizer.Step(6e-7, maxGradNorm: 1);
        }
        var file = Path.Combine(Directory.CreateTempSubdirectory("sgglab-adamw-").FullName, "state.safetensors");
        optimizer.Save(file);
        using (var state = SafetensorsFile.Open(file))
        {
            var (moved, all) = (0L, 0L);
            foreach (var name in model.Weights.Names)
            {
                var master = state.Read($"master.{name}");
                master.dtype.ShouldBe(ScalarType.Float32);
                state.Read($"second_moment.{name}").dtype.ShouldBe(ScalarType.Float32);
                moved += master.ne(before[name]).sum().item<long>();
                all += master.numel();
                master.to_type(ScalarType.BFloat16).ne(model.Weights[name]).sum().item<long>().ShouldBe(0, name);
            }
            (moved / (double)all).ShouldBeGreaterThan(0.99);
        }
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    private static double Accumulate(Qwen2VLModel model, BatchRow[] rows, int tokens)
    {
        using var scope = NewDisposeScope();
        using var batch = ModelBatch.Of(model, rows);
        var loss = -model.Score(batch).LogProbs.sum() / tokens;
        loss.backward();
        return loss.ToDouble();
    }

    private static BatchRow[] Rows(string labels)
    {
        var t = Golden.Tensors("qwen", "qwen2-vl-tiny", "forward_right_padded.safetensors");
        using var golden = Golden.Json("qwen", "qwen2-vl-tiny", "golden.json");
        var names = golden.RootElement.GetProperty("cases").GetProperty("right_padded").GetProperty("images").EnumerateArray().Select(value => value.GetString()!).ToArray();
        var images = PromptProcessor.Load(Golden.Folder("qwen", "qwen2-vl-tiny")).Images.With(3136, 31360);
        return
        [
            .. names.Select((name, b) =>
            {
                var length = (int)t["attention_mask"][b].sum().item<long>();
                return new BatchRow
                {
                    Ids = [.. t["input_ids"][b].data<long>().ToArray()[..length].Select(id => (int)id)],
                    Images = [images.Process(RgbImage.Read(Golden.Folder("qwen", "inputs", name)))],
                    Labels = [.. t[labels][b].data<long>().ToArray()[..length].Select(id => (int)id)],
                };
            }),
        ];
    }
}
