using SggLab.Contracts.Specs;

namespace SggLab.Contracts.Tests.Specs;

public class SpecValidationTests
{
    internal static readonly Protocol Protocol = new()
    {
        Name = "p", Prompt = "closed", SystemPrompt = "think", MinPixels = 3136, MaxPixels = 401408, MaxNewTokens = 64,
        BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test",
    };

    private static readonly GrpoSettings Grpo = new()
    {
        LearningRate = 1e-4, Schedule = "constant", WarmupRatio = 0, MaxGradNorm = 1, PromptsPerStep = 4, GroupSize = 8, MaxCompletionTokens = 64,
        Temperature = 1, TopP = 0.9, TopK = 50, Beta = 0, Epsilon = 0.2, Loss = "bnpo", Iterations = 1, Similarity = "exact", MaxSteps = 3,
    };

    private static readonly RunSpec GrpoRun = new()
    {
        Name = "hard", Method = RunMethod.Grpo, Variant = "hard_recall", Model = new() { Folder = "/base" },
        Data = new() { Train = "/train", Test = "/test", Vocabulary = "synthetic" }, Protocol = Protocol, Grpo = Grpo,
    };

    private static string[] Fields(RunSpec run) => [.. SpecValidation.Check(run).Select(problem => problem.Field)];

    [Fact]
    public void A_sound_run_has_no_problem() => SpecValidation.Check(GrpoRun).ShouldBeEmpty();

    [Fact]
    public void Each_bad_setting_is_named_as_the_file_spells_it()
    {
        Fields(GrpoRun with { Grpo = Grpo with { GroupSize = 1 } }).ShouldBe(["grpo.group_size"]);
        Fields(GrpoRun with { Grpo = Grpo with { Temperature = double.NaN, TopP = 0, Loss = "dapo2" } }).ShouldBe(["grpo.temperature", "grpo.top_p", "grpo.loss"]);
        Fields(GrpoRun with { Grpo = Grpo with { Temperature = 1e-7 } }).ShouldBe(["grpo.temperature"]);
        Fields(GrpoRun with { Grpo = Grpo with { MicroBatchSize = 5 } }).ShouldBe(["grpo.micro_batch_size"]);
        Fields(GrpoRun with { Grpo = Grpo with { Epochs = 1 } }).ShouldBe(["grpo.epochs"]);
        Fields(GrpoRun with { Variant = null }).ShouldBe(["variant"]);
        Fields(GrpoRun with { Grpo = null }).ShouldBe(["grpo"]);
        Fields(GrpoRun with { Model = new() }).ShouldBe(["model"]);
        Fields(GrpoRun with { Model = new() { Folder = "/a", Run = "b" } }).ShouldBe(["model"]);
        Fields(GrpoRun with { Data = new() { Vocabulary = "coco" } }).ShouldBe(["data.vocabulary", "data.test", "data.train"]);
        Fields(GrpoRun with { Protocol = Protocol with { MaxPixels = 1 } }).ShouldBe(["protocol.max_pixels"]);
        Fields(GrpoRun with { Name = "../x" }).ShouldBe(["name"]);
        Fields(GrpoRun with { Method = RunMethod.Evaluate }).ShouldBe(["grpo", "variant"]);
    }

    private static VariantSpec Own(params (string Reward, double Factor)[] rewards) => new()
    {
        Name = "mine",
        Rewards = [.. (rewards.Length > 0 ? rewards : [("format", 1), ("edge_f1", 0.5)]).Select(reward => new NamedWeight { Name = reward.Item1, Weight = reward.Item2 })],
    };

    private static RunSpec Of(VariantSpec own) => GrpoRun with { Variant = own.Name, OwnVariant = own };

    [Fact]
    public void A_variant_of_ones_own_is_checked_and_has_its_weights_in_its_own_order()
    {
        Fields(Of(Own())).ShouldBeEmpty();
        Fields(Of(Own()) with { Grpo = Grpo with { RewardWeights = [1, 2], RewardWarmupSteps = [0, 5] } }).ShouldBeEmpty();
        Fields(Of(Own()) with { Grpo = Grpo with { RewardWeights = [1, 2, 3] } }).ShouldBe(["grpo.reward_weights"]);
        Fields(Of(Own()) with { Variant = "other" }).ShouldBe(["variant"]);
        Fields(Of(Own()) with { Method = RunMethod.Evaluate, Grpo = null }).ShouldBe(["own_variant"]);
        Fields(Of(Own() with { Name = "soft_recall" })).ShouldBe(["own_variant.name"], "figures under that name are the paper's");
        Fields(Of(Own() with { Name = "my own" })).ShouldBe(["own_variant.name"]);
        Fields(Of(Own(("edge", 1)))).ShouldBe(["own_variant.rewards"]);
        Fields(Of(Own(("format", 0)))).ShouldBe(["own_variant.rewards"]);
        Fields(Of(Own(("format", 1), ("format", 2)))).ShouldBe(["own_variant.rewards"]);
        Fields(Of(Own(("format", double.NaN)))).ShouldBe(["own_variant.rewards"]);
        Fields(Of(Own() with { Rewards = [null!] })).ShouldBe(["own_variant.rewards", "own_variant.rewards"]);
        Fields(Of(Own() with { IouThreshold = 1.1, RecallShare = -1, FineShare = 2, AlikeSimilarity = 3, NodeWeight = -1, LengthMost = 4000 }))
            .ShouldBe(["own_variant.iou_threshold", "own_variant.recall_share", "own_variant.fine_share", "own_variant.alike_similarity", "own_variant.node_weight", "own_variant.length_most"]);
        Fields(Of(Own() with { OverlapCost = 0, DistanceCost = 0 })).ShouldBe(["own_variant.overlap_cost"]);
        Fields(Of(Own() with { PredicateWeights = [new() { Name = "left-of", Weight = 1 }, new() { Name = "Left of", Weight = 2 }, new() { Name = "on", Weight = -1 }] }))
            .ShouldBe(["own_variant.predicate_weights", "own_variant.predicate_weights"]);
        SpecValidation.Check(Of(Own(("edge", 1)))).Single().Message.ShouldStartWith("there is no reward 'edge'; known are format, node_category,");
    }

    [Fact]
    public void One_name_stands_for_one_variant_in_an_experiment()
    {
        SpecProblem[] Check(VariantSpec other) => [.. SpecValidation.Check(new ExperimentSpec { Experiment = "e", Runs = [Of(Own()), Of(other) with { Name = "second" }] })];
        Check(Own()).ShouldBeEmpty();
        Check(Own() with { Name = "another", IouThreshold = 0.6 }).ShouldBeEmpty();
        Check(Own() with { IouThreshold = 0.6 }).ShouldHaveSingleItem().ToString().ShouldBe("runs[1].own_variant.name: runs[0] has another variant of the name 'mine'; give each its own name.");
    }

    [Fact]
    public void Options_that_contradict_each_other_are_named()
    {
        Fields(GrpoRun with { Grpo = Grpo with { SyncRefModel = true } }).ShouldBe(["grpo.sync_ref_model"]);
        Fields(GrpoRun with { Grpo = Grpo with { Beta = 0.1, SyncRefModel = true, Lora = new() { Rank = 4, Alpha = 8 } } }).ShouldBe(["grpo.sync_ref_model"]);
        Fields(GrpoRun with { Grpo = Grpo with { ReplaySampling = true, TopP = 1, TopK = 0 } }).ShouldBe(["grpo.replay_sampling"]);
        Fields(GrpoRun with { Grpo = Grpo with { RewardWeights = [1, 1, 1], RewardWarmupSteps = [5, 5] } }).ShouldBe(["grpo.reward_weights", "grpo.reward_warmup_steps"]);
        Fields(GrpoRun with { Grpo = Grpo with { KeepTopGroupRatio = 0, Eos = "im_end", SamplerCorrection = "some", SystemPrompt = "be nice" } })
            .ShouldBe(["grpo.eos", "grpo.system_prompt", "grpo.sampler_correction", "grpo.keep_top_group_ratio"]);
        Fields(GrpoRun with { Grpo = Grpo with { OvdrSplit = true } }).ShouldBe(["grpo.ovdr_split"]);
        Fields(GrpoRun with { Grpo = Grpo with { Lora = new() { Rank = 0, Alpha = 0, TargetModules = [] }, Freeze = ["visual."] } })
            .ShouldBe(["grpo.freeze", "grpo.lora.rank", "grpo.lora.alpha", "grpo.lora.target_modules"]);
    }

    [Fact]
    public void A_server_must_be_able_to_take_the_weights()
    {
        var server = new ServerSettings { Kind = "vllm", Urls = ["http://gpu:8000"], Model = "m", Weights = "lora", WeightsFolder = "/shared" };
        RunSpec With(ServerSettings settings, bool lora = true) => GrpoRun with { Grpo = Grpo with { Server = settings, Lora = lora ? new() { Rank = 4, Alpha = 8 } : null } };
        Fields(With(server)).ShouldBeEmpty();
        Fields(With(server, lora: false)).ShouldBe(["grpo.server.weights"]);
        foreach (var kind in new[] { "vllm", "sglang" })
            foreach (var lora in new[] { false, true })
                Fields(With(server with { Kind = kind, Weights = "disk" }, lora)).ShouldBeEmpty($"{kind} reads a model folder, which holds the sum where the run trains an adapter");
        Fields(With(server with { Kind = "sglang" })).ShouldBe(["grpo.server.weights"]);
        Fields(With(server with { Weights = null, WeightsFolder = null })).ShouldBe(["grpo.server.weights_folder", "grpo.server.weights"]);
        Fields(With(server with { Urls = ["gpu:8000"], Concurrency = 0 })).ShouldBe(["grpo.server.urls", "grpo.server.concurrency"]);
        Fields(GrpoRun with { Grpo = Grpo with { Server = server, Lora = new() { Rank = 4, Alpha = 8 }, Temperature = 0.9 } }).ShouldBe(["grpo.temperature"]);
        Fields(GrpoRun with { Evaluation = new() { Server = server } }).ShouldBe(["evaluation.server"]);
    }

    [Fact]
    public void The_split_that_chooses_is_not_the_one_that_ranks()
    {
        var choosing = GrpoRun with { Evaluation = new() { EverySteps = 10 }, Checkpoints = new() { Choose = "best" } };
        Fields(choosing).ShouldBe(["data.validation"]);
        Fields(choosing with { Data = choosing.Data with { Validation = "/test" } }).ShouldBe(["data.validation"]);
        Fields(choosing with { Data = choosing.Data with { Validation = "/validation" } }).ShouldBeEmpty();
        Fields(choosing with { Evaluation = new() }).ShouldBe(["checkpoints.choose"]);
        Fields(GrpoRun with { Guards = [new() { Metric = "kl" }, new() { Metric = "kl", Above = 1, Steps = 0 }] }).ShouldBe(["guards[0]", "guards[1].steps"]);
    }

    [Fact]
    public void Runs_that_name_each_other_wrongly_are_found()
    {
        RunSpec From(string name, string? run) => GrpoRun with { Name = name, Model = new() { Run = run, Folder = run is null ? "/base" : null } };
        var spec = new ExperimentSpec { Experiment = "e", Runs = [From("a", "b"), From("b", "a"), From("c", "d"), From("e", null), From("e", null)] };
        SpecValidation.Check(spec).Select(problem => problem.Field).ShouldBe(["runs[4].name", "runs[0].model.run", "runs[1].model.run", "runs[2].model.run"]);
    }

    [Fact]
    public void A_path_is_only_missed_where_the_run_will_train()
    {
        SpecFilesCheck.Check(GrpoRun, mustExist: false).ShouldBeEmpty();
        SpecFilesCheck.Check(GrpoRun, mustExist: true).Select(problem => problem.Field).ShouldBe(["model.folder", "data.train", "data.test"]);
    }

    [Fact]
    public void A_folder_that_holds_no_model_is_named()
    {
        var folder = Directory.CreateTempSubdirectory("spec-").FullName;
        var problem = SpecFilesCheck.Check(GrpoRun with { Model = new() { Folder = folder } }, mustExist: false)[0];
        problem.ToString().ShouldContain($"{folder} has no config.json");
        Directory.Delete(folder);
    }
}
