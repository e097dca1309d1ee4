using SggLab.Contracts.Specs;

namespace SggLab.Training.Tests;

/// <summary>Prompts and answers that do not fit into the model's context.</summary>
public sealed class ContextTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    /// <summary>The tiny model with a context of so many tokens.</summary>
    private string Model(int context)
    {
        var folder = Directory.CreateDirectory(_runs[$"context-{context}"]).FullName;
        foreach (var file in Directory.GetFiles(Golden.Folder("qwen", "qwen2-vl-tiny")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var config = Path.Combine(folder, "config.json");
        File.WriteAllText(config, System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(config), "\"max_position_embeddings\": \\d+", $"\"max_position_embeddings\": {context}"));
        return folder;
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_named_by_its_row()
    {
        foreach (var method in new[] { RunMethod.Sft, RunMethod.Grpo, RunMethod.Evaluate })
        {
            var (closed, _) = _runs.Run(_runs.Spec(method) with { Model = new() { Folder = Model(20 + (int)method) } });
            closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Kind.ShouldBe("input"));
            closed.Message!.ShouldMatch(@"\.parquet, row \d+: The prompt has \d+ tokens; the model's max_position_embeddings is");
            closed.Message!.ShouldContain("max_pixels");
        }
    }

    [Fact]
    public void An_answer_that_no_longer_fits_is_named_by_its_row()
    {
        var (closed, recorder) = _runs.Run(_runs.Spec(RunMethod.Sft) with { Model = new() { Folder = Model(70) } });
        closed.Message!.ShouldMatch(@"\.parquet, row \d+: prompt and answer have \d+ tokens; the model's max_position_embeddings is 70");
        recorder.Of<SggLab.Contracts.Records.CheckpointRecord>().Select(record => record.Step).ShouldBe([0], "no checkpoint was made");
    }
}
