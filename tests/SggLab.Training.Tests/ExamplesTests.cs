using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Training.Demo;

namespace SggLab.Training.Tests;

public sealed class ExamplesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    public void Dispose() => _folder.Dispose();

    private static string Example(string name) => Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(Golden.Root))!, "examples", name);

    public static TheoryData<string> All => [.. Directory.GetFiles(Path.GetDirectoryName(Example("x"))!, "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
    public static TheoryData<string, string, int> Reference => new()
    {
        { "vg150", "2b", 3 }, { "vg150", "7b", 3 }, { "psg", "2b", 6 }, { "psg", "7b", 3 },
    };

    [Theory]
    [MemberData(nameof(All))]
    public void Every_example_can_be_queued(string name) => SpecValidation.Check(SpecFile.Load(Example(name))).ShouldBeEmpty();

    [Fact]
    public void The_demo_file_says_what_the_demo_does()
    {
        var written = SpecFile.Load(Example("demo.yaml"));
        var made = DemoExperiment.Spec(Example("demo"));
        written.Experiment.ShouldBe(made.Experiment);
        written.Note.ShouldBe(made.Note);
        written.Runs.Select(run => run.Name).ShouldBe(made.Runs.Select(run => run.Name));
        foreach (var (a, b) in written.Runs.Zip(made.Runs))
            System.Text.Json.JsonSerializer.Serialize(a, LabJson.Options).ShouldBe(System.Text.Json.JsonSerializer.Serialize(b, LabJson.Options));
    }

    /// <summary>The paper's settings (arXiv 2504.13617; gpt4vision/R1-SGG, scripts/ and open_r1/).</summary>
    [Theory]
    [MemberData(nameof(Reference))]
    public void The_reference_runs_have_the_papers_settings(string dataset, string size, int sftEpochs)
    {
        var spec = SpecFile.Load(Example($"reference-{dataset}-{size}.yaml"));
        spec.Runs.ShouldAllBe(run => run.Seed == 42 && run.Device == "cuda" && run.Data.Vocabulary == dataset);
        CheckSft(spec.Runs.Single(run => run.Method == RunMethod.Sft), dataset, sftEpochs);
        var grpo = spec.Runs.Where(run => run.Method == RunMethod.Grpo).ToArray();
        foreach (var run in grpo)
            CheckGrpo(run, dataset);
        foreach (var fromSft in new[] { true, false })
            grpo.Where(run => run.Model.Run is not null == fromSft).Select(run => run.Variant).ShouldBe(["hard_recall", "hard_recall_relax", "soft_recall"]);
    }

    private static void CheckSft(RunSpec run, string dataset, int epochs)
    {
        run.Protocol.ShouldBe(NamedProtocols.Find("r1sgg-sft", dataset, dataset == "psg" ? "test" : "val"));
        var sft = run.Sft!;
        (sft.LearningRate, sft.Schedule, sft.WarmupRatio, sft.MaxGradNorm, sft.BatchSize).ShouldBe((1e-5, "linear", 0.05, 0.3, 128));
        (sft.Epochs, sft.MaxSteps, sft.Precision, sft.WeightDecay).ShouldBe((epochs, null, "bfloat16", 0));
        (sft.Answer, sft.Labels, sft.ShuffleObjects, sft.MaxPixels).ShouldBe(("fence", "reference", true, null));
        sft.Freeze.ShouldBeEmpty("everything is trained, the vision tower too");
    }

    private static void CheckGrpo(RunSpec run, string dataset)
    {
        run.Protocol.ShouldBe(NamedProtocols.Find("r1sgg-rl", dataset, dataset == "psg" ? "test" : "val"));
        var grpo = run.Grpo!;
        (grpo.LearningRate, grpo.Schedule, grpo.WarmupRatio, grpo.MaxGradNorm, grpo.WeightDecay).ShouldBe((6e-7, "linear", 0.0, 1.0, 0.0));
        (grpo.PromptsPerStep, grpo.GroupSize, grpo.Iterations, grpo.Epochs, grpo.MaxSteps).ShouldBe((32, 8, 1, 1, null));
        (grpo.Temperature, grpo.TopP, grpo.TopK, grpo.MaxCompletionTokens, grpo.MaxPixels).ShouldBe((1.0, 0.9, 50, 1024, 512 * 28 * 28));
        (grpo.Beta, grpo.Epsilon, grpo.Loss, grpo.Similarity, grpo.Precision).ShouldBe((0.0, 0.2, "bnpo", "spacy-sm", "bfloat16"));
        grpo.Freeze.ShouldBeEmpty("everything is trained, the vision tower too");
    }

    [Theory]
    [InlineData("tiny-sft.yaml", 2)]
    [InlineData("tiny-grpo.yaml", 1)]
    public void The_tiny_runs_go_all_the_way_on_the_real_formats(string name, int steps)
    {
        var spec = SpecFile.LoadRun(Example(name));
        SpecFilesCheck.Check(spec, mustExist: true).ShouldBeEmpty();
        var recorder = new MemoryRecorder(_folder["recorded"]);
        var closed = TrainingJob.Run(new JobInputs { Spec = spec, SpecHash = ContentHash.Of(spec), WorkFolder = _folder["work"] }, recorder);
        closed.ShouldBe(new ClosedRecord("completed", null, null, steps), closed.Message);
        recorder.Of<MetricsRecord>().Count().ShouldBe(steps);
        recorder.Of<EvaluationRecord>().ShouldHaveSingleItem().Images.ShouldBe(4);
    }
}
