using Parquet;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Modeling;

namespace SggLab.Training.Tests.Servers;

/// <summary>Evaluation and GRPO through a server.</summary>
public sealed class ServerRunTests : IAsyncLifetime, IDisposable
{
    private readonly TinyRuns _runs = new();
    private TinyServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TinyServer.StartAsync(SpeakingModel.Folder);
    public async ValueTask DisposeAsync() => await _server.DisposeAsync();
    public void Dispose() => _runs.Dispose();

    private ServerSettings Settings(string kind) => new()
    {
        Kind = kind, Urls = [_server.Url], Model = "tiny", Concurrency = 3, Retries = 2, TimeoutSeconds = 60,
        Weights = kind == "vllm" ? "lora" : "disk", WeightsFolder = _runs["weights"],
    };

    private RunSpec Grpo(string kind, Func<ServerSettings, ServerSettings>? with = null) => _runs.Spec(RunMethod.Grpo) with
    {
        Grpo = TinyRuns.Grpo with
        {
            Beta = 0, Iterations = 1, Server = (with ?? (settings => settings))(Settings(kind)),
            Lora = kind == "vllm" ? new() { Rank = 4, Alpha = 8 } : null,
        },
    };

    private RunSpec Evaluation(Func<ServerSettings, ServerSettings>? with = null) => _runs.Spec(RunMethod.Evaluate) with
    {
        Model = new() { Folder = SpeakingModel.Folder },
        Protocol = _runs.Spec(RunMethod.Evaluate).Protocol with { MaxNewTokens = 40 },
        Evaluation = new() { Server = (with ?? (settings => settings))(Settings("vllm") with { Weights = null, WeightsFolder = null }) },
    };

    [Theory]
    [InlineData("vllm"), InlineData("sglang")]
    public async Task A_run_learns_from_rollouts_of_a_server_that_takes_its_weights_each_step(string kind)
    {
        SpecValidation.Check(Grpo(kind)).ShouldBeEmpty();
        var (closed, recorder) = _runs.Run(Grpo(kind));
        closed.ShouldBe(new ClosedRecord("completed", null, null, 2), closed.Message);
        recorder.Series("sampling/sampling_logp_difference/max").ShouldAllBe(gap => gap < 1e-3, "the server reads the same pixels with the same weights");
        recorder.Series("reward").ShouldAllBe(reward => reward > 0);
        _server.MostUnderWay.ShouldBe(3, "as many as concurrency allows");
        Directory.GetDirectories(_runs["weights"]).ShouldBeEmpty("no weights are left when the run is over");
        (kind == "vllm" ? _server.Adapters.Single() : _server.WeightVersion).ShouldEndWith("-step-1");
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Rollouts_carry_the_version_of_the_weights_and_the_length_of_the_prompt()
    {
        var shards = new List<string>();
        var recorder = new MemoryRecorder(_runs["recorded"]) { OnShard = file => { File.Copy(file, _runs[$"shard-{shards.Count}"]); shards.Add(_runs[$"shard-{shards.Count}"]); } };
        _runs.Run(Grpo("sglang"), recorder).Outcome.ShouldBe("completed");
        await using var reader = await ParquetReader.CreateAsync(shards[1], cancellationToken: TestContext.Current.CancellationToken);
        using var group = reader.OpenRowGroupReader(0);
        var field = reader.Schema.DataFields.Single(candidate => candidate.Name == "policy_version");
        var versions = new string?[8];
        await group.ReadAsync(field, versions.AsMemory(), null, TestContext.Current.CancellationToken);
        versions.ShouldAllBe(version => version!.EndsWith("-step-1", StringComparison.Ordinal));
    }

    [Fact]
    public void An_evaluation_through_a_server_gives_the_figures_of_the_decoder_here()
    {
        var (closed, remote) = _runs.Run(Evaluation());
        closed.Outcome.ShouldBe("completed", closed.Message);
        var (_, local) = _runs.Run(Evaluation() with { Evaluation = new() });
        var (a, b) = (remote.Of<EvaluationRecord>().Single(), local.Of<EvaluationRecord>().Single());
        a.Predictions.Sha256.ShouldBe(b.Predictions.Sha256);
        a.Checkpoint.ShouldBe(b.Checkpoint);
    }

    [Fact]
    public void What_the_model_folder_says_of_generation_changes_no_answer()
    {
        var (_, plain) = _runs.Run(Evaluation());
        _server.RepetitionPenalty = 1.5;
        var (closed, remote) = _runs.Run(Evaluation());
        closed.Outcome.ShouldBe("completed", closed.Message);
        remote.Of<EvaluationRecord>().Single().Predictions.Sha256.ShouldBe(plain.Of<EvaluationRecord>().Single().Predictions.Sha256);
        var (learnt, recorder) = _runs.Run(Grpo("vllm"));
        learnt.Outcome.ShouldBe("completed", learnt.Message);
        _server.RepetitionPenalty = 1;
        recorder.Series("reward").ShouldBe(_runs.Run(Grpo("vllm")).Recorder.Series("reward"));
    }

    [Fact]
    public void Requests_that_are_lost_or_refused_for_load_are_sent_again()
    {
        _server.Refuse = number => number % 5 == 2 ? 503 : null;
        _server.HangUp = number => number % 7 == 3;
        var (closed, recorder) = _runs.Run(Evaluation());
        closed.Outcome.ShouldBe("completed", closed.Message);
        recorder.Of<EvaluationRecord>().Single().Images.ShouldBe(4);
        _server.Requests.ShouldBeGreaterThan(4);
    }

    [Fact]
    public void A_server_that_stays_away_ends_the_run_with_its_address_and_reason()
    {
        _server.Refuse = _ => 503;
        var (closed, _) = _runs.Run(Evaluation(settings => settings with { Retries = 1 }));
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain(_server.Url), c => c.Message!.ShouldContain("2 attempts"), c => c.Message!.ShouldContain("503"));
    }

    [Fact]
    public void A_refusal_is_not_repeated()
    {
        var (closed, _) = _runs.Run(Evaluation(settings => settings with { Model = "other" }));
        closed.Message!.ShouldContain("The model other does not exist");
        _server.Requests.ShouldBeLessThanOrEqualTo(4);
    }

    [Fact]
    public void The_key_of_a_file_is_sent()
    {
        _server.RequiredKey = "s3cret";
        File.WriteAllText(_runs["key"], "s3cret\n");
        _runs.Run(Evaluation()).Closed.Message!.ShouldContain("401");
        _runs.Run(Evaluation(settings => settings with { ApiKeyFile = _runs["key"] })).Closed.Outcome.ShouldBe("completed");
    }

    [Theory]
    [InlineData("vllm"), InlineData("sglang")]
    public void Rollouts_of_other_weights_stop_the_run(string kind)
    {
        _server.StuckAt = "yesterday";
        var (closed, _) = _runs.Run(Grpo(kind));
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain("'yesterday'"), c => c.Message!.ShouldContain("-step-0"));
    }

    [Theory]
    [InlineData("vllm"), InlineData("sglang")]
    public void A_prompt_of_another_length_stops_the_run(string kind)
    {
        _server.ExtraPromptTokens = 2;
        var (closed, _) = _runs.Run(Grpo(kind));
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain("where the trainer has"), c => c.Message!.ShouldContain("min_pixels"));
        _runs.Run(Evaluation()).Closed.Message!.ShouldContain("where the trainer has");
    }

    [Fact]
    public void A_gap_above_the_tolerance_stops_the_run_before_anything_is_learnt()
    {
        _server.WrongBy = 0.2f;
        var (closed, recorder) = _runs.Run(Grpo("vllm"));
        closed.ShouldSatisfyAllConditions(c => c.Kind.ShouldBe("diverged"), c => c.Message!.ShouldContain("0.2 nats a token"), c => c.Message!.ShouldContain("gap_tolerance"));
        recorder.Of<MetricsRecord>().ShouldBeEmpty();
        _server.WrongBy = 0.2f;
        _runs.Run(Grpo("vllm", settings => settings with { GapTolerance = 0.3 })).Closed.Outcome.ShouldBe("completed");
    }

    [Fact]
    public void Weights_that_the_server_cannot_see_are_an_error()
    {
        // The server of the test sees the same disk, so that it is told a path that is not there any more.
        var (closed, _) = _runs.Run(Grpo("sglang", settings => settings with { Urls = [_server.Url, "http://127.0.0.1:9/"], Retries = 0, TimeoutSeconds = 5 }));
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain("127.0.0.1:9"));
    }
}
