using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Memory;
using SggLab.Training.Optimization;

namespace SggLab.Training.Tests.Memory;

public sealed class MemoryBudgetTests : IDisposable
{
    private const double Gib = 1L << 30;
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    /// <summary>The published sizes of Qwen2-VL-2B and -7B.</summary>
    private static ModelSize Size(string name)
    {
        var small = name == "2B";
        var text = new TextConfig
        {
            HiddenSize = small ? 1536 : 3584, Layers = 28, Heads = small ? 12 : 28, KvHeads = small ? 2 : 4, HeadDim = 128, IntermediateSize = small ? 8960 : 18944,
            VocabSize = small ? 151936 : 152064, RmsNormEps = 1e-6, RopeTheta = 1e6, MropeSection = [16, 24, 24], MropeInterleaved = false, QkvBias = true, QkNorm = false,
            MaxPositions = 32768, InitializerRange = 0.02,
        };
        var vision = new VisionConfig { Depth = 32, Width = 1280, Heads = 16, IntermediateSize = 5120, OutSize = text.HiddenSize, PatchSize = 14, TemporalPatchSize = 2, MergeSize = 2, Channels = 3 };
        var parameters = small ? 2_208_985_600L : 8_291_375_616L;
        long[] sizes = [.. TensorsOf(text, vision)];
        sizes.Sum().ShouldBe(parameters);
        return new ModelSize(text, vision, parameters, parameters, 0, VisionLearns: true, HostBlocks.Elements(sizes));
    }

    /// <summary>Elements of each weight.</summary>
    private static IEnumerable<long> TensorsOf(TextConfig text, VisionConfig vision)
    {
        long hidden = text.HiddenSize, inner = text.IntermediateSize, kv = text.KvHeads * text.HeadDim, width = vision.Width, mlp = vision.IntermediateSize;
        IEnumerable<long> layer = [hidden, hidden * hidden, hidden, kv * hidden, kv, kv * hidden, kv, hidden * hidden, hidden, inner * hidden, inner * hidden, hidden * inner];
        IEnumerable<long> block = [width, width, width, width, 3 * width * width, 3 * width, width * width, width, mlp * width, mlp, mlp * width, width];
        var merged = 4 * width;
        IEnumerable<long> rest = [text.VocabSize * hidden, hidden, width * 3 * 2 * 14 * 14, width, width, merged * merged, merged, merged * hidden, hidden];
        IEnumerable<long> head = hidden == 1536 ? [] : [text.VocabSize * hidden];
        return [.. Enumerable.Repeat(layer, text.Layers).SelectMany(sizes => sizes), .. Enumerable.Repeat(block, vision.Depth).SelectMany(sizes => sizes), .. rest, .. head];
    }

    private RunSpec Reference(string name, Func<GrpoSettings, GrpoSettings>? with = null) => _runs.Spec(RunMethod.Sft) with
    {
        Method = RunMethod.Grpo,
        Sft = null,
        Device = "cuda",
        Grpo = (with ?? (grpo => grpo))(TinyRuns.Grpo with
        {
            PromptsPerStep = 32, GroupSize = 8, MaxCompletionTokens = 1024, MaxPixels = 512 * 28 * 28, Beta = 0, Iterations = 1, Precision = "bfloat16", MicroBatchSize = 1, ActivationCheckpointing = true,
        }),
        Variant = name == "2B" ? "hard_recall" : "soft_recall",
    };

    private static double Of(MemoryBudget budget, string name) => budget.Always.Concat(budget.Rollouts).Concat(budget.Update).Concat(budget.Host).First(item => item.Name == name).Bytes / Gib;

    [Theory]
    [InlineData("2B", 4.1, 24.7, 7.0, 1.9, 0.26), InlineData("7B", 15.4, 92.7, 14.0, 3.8, 0.60)]
    public void The_reference_runs_have_their_known_sizes(string name, double weights, double optimizer, double cache, double prompts, double activations)
    {
        var budget = MemoryBudget.Of(Reference(name), Size(name), promptTokens: 2200);
        Of(budget, "weights").ShouldBe(weights, 0.05);
        Of(budget, "gradients").ShouldBe(weights, 0.05);
        Of(budget, "masters and moments").ShouldBe(optimizer, 0.05);
        Of(budget, "cache of completions").ShouldBe(cache, 0.05);
        Of(budget, "cache of prompts").ShouldBe(prompts, 0.1);
        var layer = budget.Update.Single(item => item.Name == "activations").Bytes;
        var text = Size(name).Text;
        var kept = layer - (4.0 * text.HiddenSize + 2 * text.Heads * text.HeadDim + 2 * text.KvHeads * text.HeadDim + 3.0 * text.IntermediateSize) * 2 * 3224;
        (kept / Gib).ShouldBe(activations, 0.02, "the inputs of all layers of one sequence");
    }

    [Fact]
    public void Masters_and_moments_on_the_host_leave_the_GPU()
    {
        var (there, away) = (MemoryBudget.Of(Reference("7B"), Size("7B"), 2200), MemoryBudget.Of(Reference("7B", grpo => grpo with { OptimizerDevice = "host" }), Size("7B"), 2200));
        (there.Peak / Gib).ShouldBeGreaterThan(120);
        (away.Peak / Gib).ShouldBeInRange(35, 60);
        (Of(away, "masters and moments")).ShouldBe(92.7, 0.1, "blocks of powers of two hold little that nobody uses");
        (away.HostPeak / Gib).ShouldBe(93.1, 0.1, "a piece of gradients in bf16 and in f32 goes through buffers");
    }

    [Fact]
    public void Packing_has_a_mask_and_keys_and_values_for_each_head_but_no_scores()
    {
        MemoryBudget Packed(bool packing) => MemoryBudget.Of(_runs.Spec(RunMethod.Sft) with
        {
            Device = "cuda", Sft = TinyRuns.Sft with { Packing = packing, MicroBatchSize = 1, Precision = "bfloat16" }, Protocol = _runs.Spec(RunMethod.Sft).Protocol with { MaxNewTokens = 1896 },
        }, Size("7B"), 2200);
        var (loose, packed) = (Packed(false), Packed(true));
        Of(packed, "mask").ShouldBe(3.0 * 4096 * 4096 / Gib, 0.001);
        (Of(packed, "activations") - Of(loose, "activations")).ShouldBe(28 * 2.0 * 3584 * 2 * 4096 / Gib, 0.01, "28 layers without checkpointing");
    }

    /// <summary>The peaks that docs/training.md names.</summary>
    [Theory]
    [InlineData("2B", 8, false, 41), InlineData("2B", 8, true, 15), InlineData("7B", 8, true, 45), InlineData("7B", 1, false, 135), InlineData("7B", 32, true, 73)]
    public void The_pages_figures_are_the_budgets(string name, int microBatch, bool onHost, int gib)
    {
        var spec = Reference(name, grpo => grpo with { MicroBatchSize = microBatch, OptimizerDevice = onHost ? "host" : "device" });
        Math.Round(MemoryBudget.Of(spec, Size(name), 2200).Peak / Gib).ShouldBe(gib);
    }

    [Fact]
    public void An_adapter_needs_no_masters_and_a_KL_no_second_model()
    {
        var adapted = Size("7B") with { Trained = 40_000_000, Adapted = 6_500_000_000, VisionLearns = false };
        var budget = MemoryBudget.Of(Reference("7B", grpo => grpo with { Lora = new() { Rank = 16, Alpha = 32 }, Beta = 0.04 }), adapted, 2200);
        budget.Always.Select(item => item.Name).ShouldBe(["weights", "adapter", "moments"]);
        budget.Rollouts.ShouldContain(item => item.Name == "merged layers");
        (budget.Peak / Gib).ShouldBeLessThan(60);
        MemoryBudget.Of(Reference("7B", grpo => grpo with { Beta = 0.04 }), Size("7B"), 2200).Always.ShouldContain(item => item.Name == "reference");
    }

    [Fact]
    public void An_adapted_layers_f32_sums_are_counted_beside_a_bf16_model()
    {
        var adapted = Size("7B") with { Trained = 40_000_000, Adapted = 6_500_000_000, VisionLearns = false };
        var spec = Reference("7B", grpo => grpo with { Lora = new() { Rank = 16, Alpha = 32 }, MicroBatchSize = 8 });
        var with = MemoryBudget.Of(spec, adapted, 2200);
        (Of(with, "activations") - Of(MemoryBudget.Of(spec, Size("7B"), 2200), "activations")).ShouldBe(8.0 * 3224 * 18944 * (4 + 3 * 2) / Gib, 0.01);
        // The pages' figures.
        Math.Round(with.Peak / Gib).ShouldBe(50);
        Math.Round(with.Always.Concat(with.Update).Sum(item => item.Bytes) * 1.05 / Gib).ShouldBe(31);
    }

    [Fact]
    public void What_does_not_fit_comes_with_what_to_change_and_what_that_leaves()
    {
        var spec = Reference("7B", grpo => grpo with { MicroBatchSize = 8, ActivationCheckpointing = false });
        var advice = MemoryAdvice.For(spec, changed => MemoryBudget.Of(changed, Size("7B"), 2200));
        advice.ShouldContain(line => line.StartsWith("grpo.optimizer_device: host: ", StringComparison.Ordinal));
        advice.ShouldContain(line => line.StartsWith("grpo.activation_checkpointing: true: ", StringComparison.Ordinal));
        advice[^1].ShouldStartWith("all of these: ");
    }

    /// <summary>Said afterwards, it would be too late on a machine where reading them fails, and would count what they take twice.</summary>
    [Theory]
    [InlineData(RunMethod.Sft), InlineData(RunMethod.Grpo), InlineData(RunMethod.Evaluate)]
    public void A_run_says_what_it_takes_before_it_reads_its_weights(RunMethod method)
    {
        var spec = _runs.Spec(method);
        var folder = Directory.CreateDirectory(_runs["model"]).FullName;
        foreach (var file in Directory.GetFiles(spec.Model.Folder!))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var said = false;
        string? LoseWeights(object record)
        {
            if (record is LogRecord { Text: var text } && text.StartsWith("Memory: about ", StringComparison.Ordinal))
            {
                said = true;
                File.Delete(Path.Combine(folder, "model.safetensors"));
            }
            return null;
        }
        var (closed, recorder) = _runs.Run(spec with { Model = new() { Folder = folder } }, LoseWeights);
        said.ShouldBeTrue();
        recorder.Records[0].ShouldBeOfType<StartedRecord>();
        closed.Outcome.ShouldBe("failed");
        closed.Message!.ShouldContain("model.safetensors");
    }

    [Fact]
    public void A_run_says_what_it_takes_before_its_first_step()
    {
        var (_, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft));
        var records = recorder.Records;
        var said = records.FindIndex(record => record is LogRecord { Text: var text } && text.StartsWith("Memory: about ", StringComparison.Ordinal) && text.Contains("weights", StringComparison.Ordinal));
        said.ShouldBeInRange(0, records.FindIndex(record => record is MetricsRecord) - 1);
        TrainingJob.Plan(_runs.Spec(RunMethod.Sft)).Text.Split(". ")[0].ShouldBe(((LogRecord)records[said]).Text.Split(". ")[0], "a plan reads no weights and says the same");
    }
}
