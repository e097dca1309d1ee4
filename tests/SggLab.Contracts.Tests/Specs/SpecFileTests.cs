using SggLab.Contracts.Specs;

namespace SggLab.Contracts.Tests.Specs;

public class SpecFileTests
{
    private const string OneScriptedRun = """
        name: demo
        method: scripted
        model: {}
        data: { vocabulary: synthetic }
        protocol:
          name: p
          prompt: closed
          system_prompt: think
          min_pixels: 3136
          max_pixels: 802816
          max_new_tokens: 256
          box_frame: thousand
          answer_parser: reference
          dataset: synthetic
          split: test
        scripted: { steps: 10 }
        """;

    private const string Experiment = """
        experiment: three runs
        defaults:
          data: { train: data/train, test: data/test, vocabulary: synthetic }
          protocol: { name: p, prompt: closed, system_prompt: think, min_pixels: 3136, max_pixels: 802816, max_new_tokens: 256,
                      box_frame: thousand, answer_parser: reference, dataset: synthetic, split: test }
          model: { folder: base }
          sft: { learning_rate: 1e-5, schedule: linear, warmup_ratio: 0.05, max_grad_norm: 0.3, batch_size: 8, max_steps: 4 }
        runs:
          - { name: untrained, method: evaluate }
          - { name: sft, method: sft, seed: 7, sft: { batch_size: 16 } }
          - { name: again, method: evaluate, model: { run: sft }, data: { test: /elsewhere } }
        """;

    private static string Complaint(string yaml) => Should.Throw<LabException>(() => SpecFile.Parse(yaml, "/lab/run.yaml")).Message;

    [Fact]
    public void A_file_with_one_run_becomes_an_experiment_of_its_name()
    {
        var spec = SpecFile.Parse(OneScriptedRun, "/lab/run.yaml");
        spec.Experiment.ShouldBe("demo");
        spec.Runs.ShouldHaveSingleItem().Scripted!.Steps.ShouldBe(10);
        SpecValidation.Check(spec).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("experiment: e\nruns:\n  - name: a\n    model: { folder: /models/x\n    method: sft\n", 4)]
    [InlineData("experiment: e\nruns:\n  - { name: a, method: evaluate, model: { folder: /nope/model\n  - { name: b, method: sft, model: { folder: x } }\n", 3)]
    [InlineData("experiment: e # }\nruns:\n  - name: a # }\n    model: { folder: /models/x\n    method: sft\n", 4)]
    public void A_bracket_that_nothing_closes_is_named_with_its_line(string yaml, int line) =>
        Should.Throw<LabException>(() => SpecFile.Parse(yaml, "/lab/run.yaml")).Message.ShouldStartWith($"/lab/run.yaml, line {line}: this is not valid YAML");

    [Fact]
    public void Defaults_reach_every_run_and_a_runs_own_keys_win()
    {
        var runs = SpecFile.Parse(Experiment, "/lab/run.yaml").Runs;
        runs[0].Sft.ShouldBeNull("the sft block only reaches sft runs");
        runs[1].Sft!.BatchSize.ShouldBe(16);
        runs[1].Sft!.LearningRate.ShouldBe(1e-5);
        runs[1].Seed.ShouldBe(7);
        runs[2].Model.ShouldBe(new ModelSource { Run = "sft" }, "a run that names its weights drops the default folder");
        runs[2].Data.Test.ShouldBe("/elsewhere");
        runs[2].Data.Train.ShouldBe("/lab/data/train");
    }

    [Fact]
    public void Relative_paths_count_from_the_files_folder() =>
        SpecFile.Parse(Experiment, "/lab/run.yaml").Runs[0].Model.Folder.ShouldBe("/lab/base");

    [Fact]
    public void The_same_spec_gives_the_same_hash_however_it_was_spelled()
    {
        var spelled = OneScriptedRun.Replace("scripted: { steps: 10 }", "scripted:\n  steps: 10\n  step_milliseconds: 20 # the default\nseed: 42");
        ContentHash.Of(SpecFile.Parse(spelled, "/lab/run.yaml").Runs[0]).ShouldBe(ContentHash.Of(SpecFile.Parse(OneScriptedRun, "/lab/run.yaml").Runs[0]));
    }

    private const string WithVariant = """
        own_variant:
          name: mine
          rewards: { format: 1, edge_f1: 0.5 }
          predicate_weights: { in front of: 2 }
        """;

    [Fact]
    public void A_variant_of_ones_own_names_its_run_and_keeps_the_order_of_its_rewards()
    {
        var run = SpecFile.Parse(OneScriptedRun + "\n" + WithVariant, "/lab/run.yaml").Runs[0];
        run.Variant.ShouldBe("mine");
        run.OwnVariant!.Rewards.Select(reward => (reward.Name, reward.Weight)).ShouldBe([("format", 1), ("edge_f1", 0.5)]);
        run.OwnVariant.PredicateWeights.ShouldBe([new NamedWeight { Name = "in front of", Weight = 2 }]);
        SpecFile.Parse(OneScriptedRun + "\nvariant: other\n" + WithVariant, "/lab/run.yaml").Runs[0].Variant.ShouldBe("other", "the check says that they must agree");
        var again = System.Text.Json.JsonSerializer.Deserialize<RunSpec>(System.Text.Json.JsonSerializer.Serialize(run, LabJson.Options), LabJson.Options)!;
        ContentHash.Of(again).ShouldBe(ContentHash.Of(run));
        Complaint(OneScriptedRun + "\n" + WithVariant.Replace("edge_f1: 0.5", "edge_f1: much", StringComparison.Ordinal)).ShouldContain("line 19: 'own_variant.rewards.edge_f1' wants a number such as 0.5 or 1e-5; given was 'much'.");
        Complaint(OneScriptedRun + "\n" + WithVariant.Replace("{ format: 1, edge_f1: 0.5 }", "format", StringComparison.Ordinal)).ShouldContain("'own_variant.rewards'");
    }

    [Fact]
    public void A_runs_own_variant_takes_nothing_from_that_of_the_defaults()
    {
        var spec = Experiment.Replace("  model: { folder: base }", "  model: { folder: base }\n  own_variant: { name: first, rewards: { format: 1, edge_f1: 1 }, iou_threshold: 0.6 }", StringComparison.Ordinal)
            .Replace("{ name: sft, ", "{ own_variant: { name: second, rewards: { edge_hard: 1 } }, name: sft, ", StringComparison.Ordinal);
        var own = SpecFile.Parse(spec, "/lab/run.yaml").Runs[1].OwnVariant!;
        (own.Name, own.IouThreshold, own.Rewards.Single().Name).ShouldBe(("second", 0.5, "edge_hard"));
    }

    [Fact]
    public void A_file_of_a_variant_is_read_and_checked_with_its_lines()
    {
        var file = Path.GetTempFileName();
        try
        {
            VariantSpec Load(string text)
            {
                File.WriteAllText(file, text);
                return SpecFile.LoadVariant(file);
            }

            Load("{\"name\": \"mine\", \"rewards\": {\"edge_f1\": 2}, \"iou_threshold\": 0.6}").IouThreshold.ShouldBe(0.6);
            Load("name: mine\nrewards: [{ name: format, weight: 1 }]").Rewards.Single().Name.ShouldBe("format");
            Should.Throw<LabException>(() => Load("name: hard_recall\nrewards: { edge: 1 }")).Message
                .ShouldStartWith($"{file} is no reward variant:\n  line 1, name: 'hard_recall' is a published variant, whose figures must stay comparable; choose another name.\n  line 2, rewards: there is no reward 'edge';");
            Should.Throw<LabException>(() => Load("name: mine")).Message.ShouldContain("'rewards' is missing. Add 'rewards: …' (a line 'name: number' each).");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void An_unknown_key_names_its_line_and_the_nearest_name() =>
        Complaint(OneScriptedRun.Replace("{ steps: 10 }", "{ step: 10 }"))
            .ShouldBe("/lab/run.yaml, line 16: unknown key 'scripted.step'. Did you mean 'steps'?");

    [Fact]
    public void A_missing_key_says_what_to_add() =>
        Complaint(OneScriptedRun.Replace("  max_pixels: 802816\n", ""))
            .ShouldBe("/lab/run.yaml, line 6: 'protocol.max_pixels' is missing. Add 'max_pixels: …' (a whole number).");

    [Fact]
    public void All_missing_unknown_and_mistyped_keys_are_reported_at_once_in_the_order_of_their_lines()
    {
        var wrong = OneScriptedRun.Replace("  max_pixels: 802816\n", "").Replace("max_new_tokens: 256", "max_new_tokens: many").Replace("{ steps: 10 }", "{ stps: 10, colour: red }");

        var refused = Should.Throw<SpecException>(() => SpecFile.Parse(wrong, "/lab/run.yaml"));

        refused.Problems.Select(problem => (problem.Line, problem.Field)).ShouldBe(
            [(6, "protocol.max_pixels"), (10, "protocol.max_new_tokens"), (15, "scripted.stps"), (15, "scripted.colour")]);
        refused.Message.Split('\n').Length.ShouldBe(4);
        refused.Message.ShouldContain("/lab/run.yaml, line 15: unknown key 'scripted.colour'. Known keys here: steps,");
    }

    [Fact]
    public void A_wrong_key_in_the_defaults_is_reported_once()
    {
        var refused = Should.Throw<SpecException>(() => SpecFile.Parse(Experiment.Replace("test: data/test,", "test: data/test, tets: x,"), "/lab/run.yaml"));

        refused.Problems.ShouldHaveSingleItem().Line.ShouldBe(3);
    }

    [Theory]
    [InlineData("steps: 10", "steps: ten", "'scripted.steps' wants a whole number; given was 'ten'")]
    [InlineData("steps: 10", "steps: 1.5", "'scripted.steps' wants a whole number; given was '1.5'")]
    [InlineData("steps: 10", "steps: [1]", "'scripted.steps' wants a whole number; given was a list")]
    [InlineData("steps: 10", "steps: 10, final_recall: .nan", "'scripted.final_recall' wants a number such as 0.5 or 1e-5; given was '.nan'")]
    [InlineData("method: scripted", "method: dpo", "'method' wants one of sft, grpo, evaluate, scripted; given was 'dpo'")]
    [InlineData("model: {}", "model: base", "'model' wants a block of 'key: value' lines; given was 'base'")]
    [InlineData("name: demo", "name:", "'name' has no value; give a text")]
    public void A_value_of_another_type_quotes_it_and_says_what_was_wanted(string from, string to, string expected) =>
        Complaint(OneScriptedRun.Replace(from, to)).ShouldContain(expected);

    [Theory]
    [InlineData("name: [unclosed")]
    [InlineData("name: a\nname: b")]
    [InlineData("a: &x [*x]")]
    [InlineData("- a list")]
    [InlineData("just text")]
    [InlineData("")]
    [InlineData("--- {}\n--- {}")]
    [InlineData("? {a: b}\n: c")]
    [InlineData("a: !!binary x\n\t- b")]
    public void What_is_no_run_file_gets_a_message(string yaml) => Complaint(yaml).ShouldStartWith("/lab/run.yaml");

    [Fact]
    public void Aliases_that_multiply_are_refused_quickly()
    {
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat("bcdefghi".Select((c, i) => $"{c}: &{c} [{string.Join(',', Enumerable.Repeat("*" + "abcdefgh"[i], 10))}]\n"));
        Complaint(bomb).ShouldContain("more than");
    }

    [Fact]
    public void A_missing_file_and_a_folder_get_a_message()
    {
        Should.Throw<LabException>(() => SpecFile.Load("/no/such/file.yaml")).Message.ShouldContain("/no/such/file.yaml");
        Should.Throw<LabException>(() => SpecFile.Load(Path.GetTempPath())).Message.ShouldContain("is a folder");
    }

    [Fact]
    public void A_problem_found_later_still_knows_its_line()
    {
        var (spec, lines) = SpecFile.ParseWithLines(Experiment.Replace("batch_size: 16", "batch_size: 0", StringComparison.Ordinal).Replace("max_steps: 4", "max_steps: 0", StringComparison.Ordinal), "/lab/run.yaml");
        SpecValidation.Check(spec).Select(problem => problem.At(lines)).Select(problem => (problem.Field, problem.Line))
            .ShouldBe([("runs[1].sft.max_steps", 7), ("runs[1].sft.batch_size", 10)], "the defaults' line, and the run's own");
        lines["runs[2].checkpoints.keep"].ShouldBe(11, "a setting that the file does not have is looked for where its block would be");
        var (one, ofOne) = SpecFile.ParseWithLines(OneScriptedRun.Replace("steps: 10", "steps: 0", StringComparison.Ordinal), "/lab/run.yaml");
        SpecValidation.Check(one).Single().At(ofOne).ToString().ShouldStartWith("line 16, runs[0].scripted.steps: ");
    }
}
