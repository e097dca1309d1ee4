using SggLab.Contracts.Specs;

namespace SggLab.Training.Tests;

/// <summary>What a run file says of its model is compared with the folder before anything is queued.</summary>
public sealed class RunModelTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    private RunSpec Sft => _runs.Spec(RunMethod.Sft) with { Name = "sft" };

    [Fact]
    public void A_run_that_goes_on_from_another_has_the_names_of_the_first_one_s_folder()
    {
        var grpo = _runs.Spec(RunMethod.Grpo) with { Name = "grpo", Model = new() { Run = "sft" }, Grpo = TinyRuns.Grpo with { Freeze = ["visual.", "lm_heads"] } };

        var problem = Check(Sft, grpo).ShouldHaveSingleItem();

        problem.Field.ShouldBe("runs[1].grpo.freeze");
        problem.Message.ShouldContain("lm_heads");
        Check(Sft, grpo with { Grpo = TinyRuns.Grpo with { Freeze = ["visual."] } }).ShouldBeEmpty();
    }

    [Fact]
    public void Nothing_left_to_learn_is_a_problem_of_the_field_that_froze_it() =>
        Check(Sft with { Sft = TinyRuns.Sft with { Freeze = ["*"] } }).ShouldHaveSingleItem().Field.ShouldBe("runs[0].sft.freeze");

    [Fact]
    public void A_damaged_folder_is_the_problem_of_the_run_that_names_it()
    {
        var folder = Directory.CreateDirectory(_runs["damaged"]).FullName;
        foreach (var file in Directory.GetFiles(Sft.Model.Folder!))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var weights = Directory.GetFiles(folder, "model*.safetensors")[0];
        using (var cut = File.OpenWrite(weights))
            cut.SetLength(cut.Length / 2);

        var problem = Check(Sft with { Model = new() { Folder = folder } }, Sft with { Name = "next", Model = new() { Run = "sft" } }).ShouldHaveSingleItem();

        problem.Field.ShouldBe("runs[0].model.folder");
        problem.Message.ShouldContain(weights);
    }

    [Fact]
    public void A_folder_of_another_machine_and_runs_in_a_circle_are_passed_over()
    {
        Check(Sft with { Model = new() { Folder = "/on/the/worker" }, Sft = TinyRuns.Sft with { Freeze = ["vision."] } }).ShouldBeEmpty();
        Check(Sft with { Model = new() { Run = "b" } }, Sft with { Name = "b", Model = new() { Run = "sft" } }).ShouldBeEmpty();
    }

    private static IReadOnlyList<SpecProblem> Check(params RunSpec[] runs) => RunModel.Check(new ExperimentSpec { Experiment = "e", Runs = runs });
}
