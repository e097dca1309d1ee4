using SggLab.Contracts.Specs;
using SggLab.Web.Experiments;

namespace SggLab.Web.Tests.Experiments;

public sealed class ExperimentFormTests
{
    [Fact]
    public void The_scripted_form_makes_a_run_a_variant_and_seed()
    {
        var (spec, problems) = new ExperimentForm { Name = "try", Method = ExperimentForm.Scripted, Seeds = "1, 2", Steps = "200" }.Read();
        problems.ShouldBeEmpty();
        spec!.Runs.Select(run => run.Name).ShouldBe(["hard-recall-s1", "hard-recall-relax-s1", "soft-recall-s1", "hard-recall-s2", "hard-recall-relax-s2", "soft-recall-s2"]);
        spec.Runs.ShouldAllBe(run => run.Method == RunMethod.Scripted && run.Scripted!.Steps == 200);
    }

    [Fact]
    public void The_form_begins_with_what_the_demo_trains_and_ranks_beside_it()
    {
        var (spec, problems) = new ExperimentForm { Name = "mine", ModelFolder = "/none/base", TrainData = "/none/train", TestData = "/none/test" }.Read();
        problems.ShouldBeEmpty();
        var demo = SpecFile.Load(Path.Combine(Repository.Root, "examples", "demo.yaml"));
        spec!.Runs.Select(run => run.Method).ShouldBe([RunMethod.Sft, RunMethod.Grpo, RunMethod.Grpo, RunMethod.Grpo]);
        spec.Runs[0].Sft.ShouldBe(demo.Runs.First(run => run.Sft is not null).Sft);
        spec.Runs[1].Grpo.ShouldBe(demo.Runs.First(run => run.Grpo is not null).Grpo);
        spec.Runs.ShouldAllBe(run => run.Protocol == demo.Runs[0].Protocol && run.Device == "cpu");
    }

    [Fact]
    public void The_model_and_data_of_the_demo_are_filled_in_where_they_are_there()
    {
        var folder = Directory.CreateTempSubdirectory("sgglab-form-demo-");
        ExperimentForm.OnDemo(folder.FullName).ModelFolder.ShouldBe("");
        folder.CreateSubdirectory("base");
        var form = ExperimentForm.OnDemo(folder.FullName);
        (form.ModelFolder, form.TestData).ShouldBe((Path.Combine(folder.FullName, "base"), Path.Combine(folder.FullName, "data", "test")));
        folder.Delete(recursive: true);

        form.Steps = "77";
        form.Vocabulary = "psg";
        (form.ModelFolder, form.SftLearningRate, form.PromptsPerStep, form.Steps).ShouldBe(("", "1e-5", "32", "77"), "what nobody changed follows the data set");
        form.Vocabulary = "synthetic";
        (form.ModelFolder, form.SftLearningRate).ShouldBe((Path.Combine(folder.FullName, "base"), "1e-3"));
    }

    [Fact]
    public void A_scripted_run_is_not_ranked_beside_trained_ones_and_asks_for_no_GPU()
    {
        var run = new ExperimentForm { Name = "try", Method = ExperimentForm.Scripted, Device = "cuda" }.Read().Spec!.Runs[0];
        (run.Protocol.Name, run.Device).ShouldBe(("form-scripted", "cpu"));
        new ExperimentForm { Name = "x", Device = "cuda", ModelFolder = "/none/base", TrainData = "/none/train", TestData = "/none/test" }.Read().Spec!.Runs.ShouldAllBe(trained => trained.Device == "cuda");
    }

    [Fact]
    public void SFT_then_GRPO_starts_every_variant_from_the_one_SFT_run()
    {
        var (spec, problems) = new ExperimentForm { Name = "psg", Method = ExperimentForm.SftThenGrpo, Vocabulary = "psg", ModelFolder = "/models/none-here", TrainData = "/data/none/train", TestData = "/data/none/test", Seeds = "7" }.Read();
        problems.ShouldBeEmpty();
        spec!.Runs.Select(run => run.Model.Run ?? run.Model.Folder).ShouldBe(["/models/none-here", "sft", "sft", "sft"]);
        spec.Runs.Select(run => run.Variant).ShouldBe([null, "hard_recall", "hard_recall_relax", "soft_recall"]);
        spec.Runs.Select(run => SggLab.Contracts.ContentHash.Of(run.Protocol)).Distinct().Count().ShouldBe(1);
        SpecValidation.Check(spec).ShouldBeEmpty();
    }

    [Fact]
    public void Each_wrong_field_gets_its_own_message_and_nothing_is_made()
    {
        var form = new ExperimentForm { Method = ExperimentForm.Grpo, Seeds = "1, two", Steps = "many", GrpoLearningRate = "fast", GroupSize = "" };
        form.Variants.Clear();
        var (spec, problems) = form.Read();
        spec.ShouldBeNull();
        problems.Select(problem => problem.Field).ShouldBe(
            [nameof(form.Seeds), nameof(form.Name), nameof(form.Variants), nameof(form.Steps), nameof(form.GrpoLearningRate), nameof(form.GroupSize)], ignoreOrder: true);
        problems.Single(problem => problem.Field == nameof(form.Seeds)).Message.ShouldContain("'two'");
    }

    [Fact]
    public void What_the_spec_refuses_is_said_at_the_field_it_came_from()
    {
        var (_, problems) = new ExperimentForm { Name = "x", Method = ExperimentForm.Grpo, GroupSize = "1", Vocabulary = "psg" }.Read();
        problems.Select(problem => problem.Field).ShouldBe([nameof(ExperimentForm.GroupSize), nameof(ExperimentForm.ModelFolder), nameof(ExperimentForm.TestData), nameof(ExperimentForm.TrainData)], ignoreOrder: true);
    }

    [Fact]
    public void A_problem_of_every_run_is_said_once() =>
        new ExperimentForm { Name = "x", Method = ExperimentForm.Grpo, Seeds = "1,2,3" }.Read().Problems.Count(problem => problem.Field == nameof(ExperimentForm.ModelFolder)).ShouldBe(1);

    [Fact]
    public void A_folder_that_is_no_model_is_refused_before_anything_is_queued()
    {
        var empty = Directory.CreateTempSubdirectory("sgglab-form-");
        var (_, problems) = new ExperimentForm { Name = "x", Method = ExperimentForm.Sft, ModelFolder = empty.FullName, TrainData = "/none/train", TestData = "/none/test" }.Read();
        empty.Delete();
        problems.ShouldContain(problem => problem.Field == nameof(ExperimentForm.ModelFolder) && problem.Message.Contains("config.json"));
    }

    [Theory]
    [InlineData("", "Paste a YAML file")]
    [InlineData("experiment: x\nruns: [", "Line 3")]
    public void Damaged_YAML_says_where_and_what(string text, string said)
    {
        var (spec, problems) = PastedYaml.Read(text, "/lab");
        spec.ShouldBeNull();
        problems.Single().Message.ShouldContain(said);
        problems.Single().Message.ShouldNotContain("/lab/");
    }

    [Fact]
    public void All_wrong_keys_of_pasted_YAML_are_said_at_once() =>
        PastedYaml.Read("experiment: x\nnoot: y\nruns:\n  - { name: a, method: dpo }", "/lab").Problems.Select(problem => problem.Message.Split(':')[0]).ShouldBe(["Line 2", "Line 4", "Line 4", "Line 4", "Line 4"]);

    [Fact]
    public void A_comparison_of_the_variants_is_offered_where_there_are_several()
    {
        ComparisonChoice.Of([Samples.Run("h1", "hard_recall"), Samples.Run("s1"), Samples.Run("h2", "hard_recall", 2), Samples.Run("s2", seed: 2), Samples.Run("sft", null, method: "sft")])
            .Select(choice => (choice.Text, choice.Runs.Count)).ShouldBe([("Compare the variants, seed 1", 2), ("Compare all 4 runs", 4)]);
        ComparisonChoice.Of([Samples.Run()]).ShouldBeEmpty();
    }
}
