using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;
using SggLab.Web.Runs;

namespace SggLab.Web.Tests.Runs;

public sealed class RunTextTests
{
    [Fact]
    public void A_table_is_sorted_by_its_address_and_a_second_click_turns_it_round()
    {
        RunSummary[] runs = [Samples.Run("b", seed: 2, queuedMinute: 1, experiment: "e2"), Samples.Run("a", seed: 1, queuedMinute: 2, experiment: "e3"), Samples.Run("c", seed: 3, queuedMinute: 0)];
        RunSort.Parse("name").Apply(runs).Select(run => run.Name).ShouldBe(["a", "b", "c"]);
        RunSort.Parse("-seed").Apply(runs).Select(run => run.Name).ShouldBe(["c", "b", "a"]);
        RunSort.Parse(null).Apply(runs).Select(run => run.Name).ShouldBe(["a", "b", "c"]);
        RunSort.Parse("nonsense").ShouldBe(RunSort.Newest);
        RunSort.Parse("name").Next("name").Text.ShouldBe("-name");
        RunSort.Newest.Text.ShouldBeNull();
    }

    [Fact]
    public void An_experiments_runs_stay_in_the_order_of_its_file()
    {
        RunSummary[] runs = [Samples.Run("first", queuedMinute: 3), Samples.Run("second", queuedMinute: 4), Samples.Run("other", queuedMinute: 0, experiment: "e2")];
        RunSort.Newest.Apply(runs).Select(run => run.Name).ShouldBe(["first", "second", "other"]);
        RunSort.Newest.Next(RunSort.Queued).Apply(runs).Select(run => run.Name).ShouldBe(["other", "first", "second"]);
    }

    [Fact]
    public void The_time_left_follows_from_the_pace()
    {
        var now = Samples.Noon.AddMinutes(4);
        RunText.Left(Samples.Run(step: 40, total: 100), now).ShouldBe(TimeSpan.FromMinutes(6));
        RunText.Left(Samples.Run(step: 0, total: 100), now).ShouldBeNull();
        RunText.Left(Samples.Run(step: 40, total: null), now).ShouldBeNull();
        RunText.Left(Samples.Run(state: "completed", step: 100), now).ShouldBeNull();
        RunText.Share(Samples.Run(step: 250, total: 100)).ShouldBe(1);
    }

    [Fact]
    public void A_run_shows_its_reward_or_else_its_loss()
    {
        RunText.Signal(Samples.Run(metrics: new Dictionary<string, double> { ["loss"] = 1, ["reward"] = 2 })).ShouldBe("2");
        RunText.Signal(Samples.Run(metrics: new Dictionary<string, double> { ["loss"] = 1 })).ShouldBe("1");
        RunText.Signal(Samples.Run()).ShouldBe("–");
    }

    [Fact]
    public void Health_is_told_in_words()
    {
        var metrics = new Dictionary<string, double> { ["frac_reward_zero_std"] = 0.62, ["loss"] = double.NaN };
        var notes = RunNotes.Of(Detail(Samples.Run(metrics: metrics, message: "Out of memory.", state: "failed", attempt: 2)));
        notes.Select(note => note.Text).ShouldContain("62.0% of the groups teach nothing: all their rollouts have one reward.");
        notes[0].ShouldBe(new RunNote("bad", "Out of memory."));
        notes.ShouldContain(note => note.Text.StartsWith("loss is no longer a number"));
        notes.ShouldContain(note => note.Text.Contains("attempt 2"));
        RunNotes.Of(Detail(Samples.Run())).ShouldBeEmpty();
    }

    [Fact]
    public void A_run_opens_on_what_it_has()
    {
        RunDetail Of(string method, string state, bool curves, bool evaluated) =>
            Detail(Samples.Run(method: method, state: state)) with { Metrics = curves ? ["loss"] : [], Evaluations = evaluated ? [Samples.Evaluation()] : [] };
        RunTab.First(Of("evaluate", "completed", curves: false, evaluated: true)).ShouldBe(RunTab.Evaluations);
        RunTab.First(Of("evaluate", "running", curves: false, evaluated: false)).ShouldBe(RunTab.Evaluations, "it stays there");
        RunTab.First(Of("sft", "failed", curves: false, evaluated: true)).ShouldBe(RunTab.Evaluations);
        RunTab.First(Of("sft", "running", curves: false, evaluated: true)).ShouldBe(RunTab.Curves, "they come in a moment");
        RunTab.First(Of("grpo", "completed", curves: true, evaluated: true)).ShouldBe(RunTab.Curves);
    }

    [Fact]
    public void A_part_of_a_run_that_is_empty_says_what_to_do()
    {
        RunText.NoCurve(Detail(Samples.Run(method: "evaluate", state: "completed"))).ShouldContain("under Evaluations");
        RunText.NoCurve(Detail(Samples.Run(state: "queued")) with { Waits = "soft-s1 waits for a worker with a GPU." }).ShouldBe("soft-s1 waits for a worker with a GPU.");
        RunText.NoCurve(Detail(Samples.Run(state: "failed"))).ShouldContain("Retry");
        RunText.NoEvaluation(Detail(Samples.Run(state: "running"))).ShouldContain("data.test");
        RunText.NoEvaluation(Detail(Samples.Run(state: "cancelled"))).ShouldContain("Retry");
        RunText.NoCheckpoint(Detail(Samples.Run(state: "cancelled"))).ShouldContain("checkpoints.every_steps");
    }

    [Fact]
    public void A_run_that_waits_for_a_device_says_so_in_its_notes() =>
        RunNotes.Of(Detail(Samples.Run(state: "queued")) with { Waits = "It waits for a worker with a GPU." }).Single().ShouldBe(new RunNote("hint", "It waits for a worker with a GPU."));

    [Fact]
    public void Settings_are_spelled_as_in_the_YAML_file()
    {
        var settings = Settings.Of(Spec("a")).ToDictionary(setting => setting.Path, setting => setting.Value);
        settings["scripted.step_milliseconds"].ShouldBe("20");
        settings["protocol.max_new_tokens"].ShouldBe("256");
        settings.Keys.ShouldNotContain("grpo.group_size");
    }

    internal static RunSpec Spec(string name) => new()
    {
        Name = name,
        Method = RunMethod.Scripted,
        Model = new ModelSource(),
        Data = new DataSources { Vocabulary = "synthetic" },
        Protocol = new Protocol { Name = "demo", Prompt = "closed", SystemPrompt = "sft", MinPixels = 3136, MaxPixels = 50176, MaxNewTokens = 256, BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test" },
        Scripted = new ScriptedSettings { Steps = 10 },
    };

    private static RunDetail Detail(RunSummary run) => new(run, Spec(run.Name), "s", "p", [], [], [], []);
}
