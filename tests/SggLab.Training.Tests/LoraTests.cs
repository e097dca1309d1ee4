using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using TorchSharp;

namespace SggLab.Training.Tests;

/// <summary>Runs that train an adapter in place of the weights.</summary>
public sealed class LoraTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    private static LoraSpec Lora { get; } = new() { Rank = 4, Alpha = 8 };
    private RunSpec Sft => _runs.Spec(RunMethod.Sft) with { Sft = TinyRuns.Sft with { Lora = Lora } };
    private RunSpec Grpo => _runs.Spec(RunMethod.Grpo) with { Grpo = TinyRuns.Grpo with { Lora = Lora } };

    [Fact]
    public void A_checkpoint_holds_the_sum_as_a_model_folder_and_the_adapter_as_peft_has_it()
    {
        var (closed, recorder) = _runs.Run(Sft);
        closed.Outcome.ShouldBe("completed", closed.Message);
        recorder.Series("loss")[^1]!.Value.ShouldBeLessThan(recorder.Series("loss")[0]!.Value);
        using var summed = Qwen2VLModel.Load(recorder.Folders[4]);
        using var start = Qwen2VLModel.Load(Sft.Model.Folder!);
        using var adapter = LoraAdapter.Load(start, Path.Combine(recorder.Folders[4], "adapter"));
        adapter.Merge();
        foreach (var name in summed.Weights.Names)
            torch.allclose(summed.Weights[name], start.Weights[name], 0, 1e-6).ShouldBeTrue(name);
    }

    [Fact]
    public void Every_matrix_of_the_adapter_moves_and_no_weight_outside_its_layers()
    {
        var (_, recorder) = _runs.Run(Sft);
        using var start = Qwen2VLModel.Load(Sft.Model.Folder!);
        using var summed = Qwen2VLModel.Load(recorder.Folders[4]);
        using (var fresh = LoraAdapter.Create(start, new() { Rank = 4, Alpha = 8, TargetModules = LoraSettings.TextLayers }, Sft.Seed))
        using (var learnt = SafetensorsFile.Open(Path.Combine(recorder.Folders[4], "adapter", "adapter_model.safetensors")))
            foreach (var (name, tensor) in fresh.Tensors)
                torch.allclose(learnt.Read(name), tensor, 0, 0).ShouldBeFalse(name);
        foreach (var name in start.Weights.Names)
            torch.allclose(start.Weights[name], summed.Weights[name], 0, 0).ShouldBe(!LoraSettings.TextLayers.Any(layer => name.EndsWith($"{layer}.weight", StringComparison.Ordinal)), name);
    }

    [Fact]
    public void A_resumed_run_gives_the_bits_of_the_unbroken_one()
    {
        foreach (var spec in new[] { Sft, Grpo with { Checkpoints = new() { EverySteps = 1 } } })
        {
            var (_, unbroken) = _runs.Run(spec);
            var last = unbroken.Of<CheckpointRecord>().Last().Step;
            var (closed, resumed) = _runs.Run(spec, resume: (unbroken, last / 2));
            closed.Outcome.ShouldBe("completed", closed.Message);
            TinyRuns.Weights(resumed, last).ShouldBe(TinyRuns.Weights(unbroken, last));
            resumed.Of<CheckpointRecord>().Last().Id.ShouldBe(unbroken.Of<CheckpointRecord>().Last().Id);
        }
    }

    [Fact]
    public void The_model_without_its_adapter_is_the_reference_policy()
    {
        var (closed, recorder) = _runs.Run(Grpo with { Grpo = Grpo.Grpo! with { Iterations = 1, LearningRate = 1e-2 } });
        closed.Outcome.ShouldBe("completed", closed.Message);
        recorder.Series("kl")[0]!.Value.ShouldBe(0, 1e-6);
        recorder.Series("kl")[1]!.Value.ShouldBeGreaterThan(1e-5);
        recorder.Series("sampling/sampling_logp_difference/max").ShouldAllBe(gap => gap < 1e-3, "the decoder draws from the weights with the adapter");
    }
}
