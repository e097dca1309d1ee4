using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;

namespace SggLab.Training.Tests.Servers;

/// <summary>GRPO through a vLLM server that takes whole weights.</summary>
public sealed class VllmDiskTests : IAsyncLifetime, IDisposable
{
    private readonly TinyRuns _runs = new();
    private TinyServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TinyServer.StartAsync(SpeakingModel.Folder);
    public async ValueTask DisposeAsync() => await _server.DisposeAsync();
    public void Dispose() => _runs.Dispose();

    private RunSpec Grpo(params string[] urls) => _runs.Spec(RunMethod.Grpo) with
    {
        Grpo = TinyRuns.Grpo with
        {
            Beta = 0, Iterations = 1,
            Server = new()
            {
                Kind = "vllm", Urls = urls is [] ? [_server.Url] : urls, Model = "tiny", Concurrency = 3, Retries = 2, TimeoutSeconds = 60,
                Weights = "disk", WeightsFolder = _runs["weights"],
            },
        },
        Checkpoints = new() { EverySteps = 1 },
    };

    private RunSpec Evaluation(string model, bool throughServer) => _runs.Spec(RunMethod.Evaluate) with
    {
        Model = new() { Folder = model },
        Protocol = _runs.Spec(RunMethod.Evaluate).Protocol with { MaxNewTokens = 40 },
        Evaluation = new() { Server = throughServer ? new() { Kind = "vllm", Urls = [_server.Url], Model = "tiny" } : null },
    };

    private string Answers(string model, bool throughServer = false)
    {
        var (closed, recorder) = _runs.Run(Evaluation(model, throughServer));
        closed.Outcome.ShouldBe("completed", closed.Message);
        return recorder.Of<EvaluationRecord>().Single().Predictions.Sha256;
    }

    private byte[] Weights(TinyServer server)
    {
        var folder = Directory.CreateDirectory(_runs[$"saved-{Guid.NewGuid():n}"]).FullName;
        server.Save(folder);
        return File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
    }

    /// <summary>Does something once, when so many requests of a path have come.</summary>
    private void At(string path, int number, Action what)
    {
        var seen = 0;
        _server.OnRequest = given =>
        {
            if (given == path && Interlocked.Increment(ref seen) == number)
                what();
        };
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public void A_run_learns_from_rollouts_of_a_server_that_takes_whole_weights_each_step(bool lora)
    {
        var spec = Grpo();
        spec = spec with { Grpo = spec.Grpo! with { Lora = lora ? new() { Rank = 4, Alpha = 8 } : null } };
        SpecValidation.Check(spec).ShouldBeEmpty();
        var before = Weights(_server);
        var (closed, recorder) = _runs.Run(spec);
        closed.ShouldBe(new ClosedRecord("completed", null, null, 2), closed.Message);
        recorder.Series("sampling/sampling_logp_difference/max").ShouldAllBe(gap => gap < 1e-3, "the server writes with the trainer's weights, and nothing that is left of older ones");
        Weights(_server).ShouldBe(TinyRuns.Weights(recorder, 1), "the last rollouts were of the weights after the first step");
        Weights(_server).ShouldNotBe(before);
        _server.WeightVersion.ShouldEndWith("-step-1");
        _server.MostUnderWay.ShouldBe(3, "as many as concurrency allows");
        _server.ReloadsWhileRunning.ShouldBe(0, "requests of others wait while the weights change");
        _server.IsPaused.ShouldBeFalse();
        Directory.GetDirectories(_runs["weights"]).ShouldBeEmpty("no weights are left when the run is over");
    }

    [Fact]
    public void The_server_answers_as_its_weights_do()
    {
        Answers(SpeakingModel.Folder, throughServer: true).ShouldBe(Answers(SpeakingModel.Folder));
        var spec = Grpo();
        var (closed, recorder) = _runs.Run(spec with { Grpo = spec.Grpo! with { LearningRate = 0.05 } });
        closed.Outcome.ShouldBe("completed", closed.Message);
        Answers(recorder.Folders[1]).ShouldNotBe(Answers(SpeakingModel.Folder));
        Answers(SpeakingModel.Folder, throughServer: true).ShouldBe(Answers(recorder.Folders[1]));
    }

    [Fact]
    public void A_server_that_started_again_after_it_took_the_weights_stops_the_run()
    {
        At("/v1/chat/completions", number: 11, _server.StartAgain);
        var (closed, recorder) = _runs.Run(Grpo());
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain(_server.Url), c => c.Message!.ShouldContain("'default'"), c => c.Message!.ShouldContain("-step-1"));
        recorder.Of<MetricsRecord>().Count().ShouldBe(1, "nothing is learnt from the second step");
    }

    [Fact]
    public void A_server_that_started_again_before_it_took_the_weights_does_no_harm()
    {
        At("/pause", number: 2, _server.StartAgain);
        var (stopped, _) = _runs.Run(Grpo());
        stopped.Message!.ShouldContain("'default'", customMessage: "in the middle of taking them it does");
        At("/update_weight_version", number: 3, _server.StartAgain);
        var (closed, recorder) = _runs.Run(Grpo());
        closed.Outcome.ShouldBe("completed", closed.Message);
        Weights(_server).ShouldBe(TinyRuns.Weights(recorder, 1));
    }

    [Theory]
    [InlineData("/collective_rpc"), InlineData("/v1/chat/completions"), InlineData("/weight_info")]
    public void Another_trainer_at_the_server_stops_the_run(string path)
    {
        using var http = new HttpClient();
        At(path, number: 2, () => http.PostAsync($"{_server.Url}/update_weight_version", new StringContent("""{"new_version":"theirs"}""")).GetAwaiter().GetResult().EnsureSuccessStatusCode());
        var (closed, _) = _runs.Run(Grpo());
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain("'theirs'"), c => c.Message!.ShouldContain("another trainer"));
    }

    [Theory]
    [InlineData(false, false), InlineData(true, false)]
    public void A_server_without_dev_mode_or_versions_is_told_what_it_needs(bool devMode, bool knowsVersions)
    {
        (_server.DevMode, _server.KnowsVersions) = (devMode, knowsVersions);
        var before = Weights(_server);
        var (closed, _) = _runs.Run(Grpo());
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain(_server.Url), c => c.Message!.ShouldContain("404"),
            c => c.Message!.ShouldContain("VLLM_SERVER_DEV_MODE=1"), c => c.Message!.ShouldContain("0.27.0"), c => c.Message!.ShouldContain("weights: lora"));
        Weights(_server).ShouldBe(before);
        Directory.GetDirectories(_runs["weights"]).ShouldBeEmpty();
    }

    [Fact]
    public void Weights_that_the_server_does_not_take_stop_the_run_with_its_words()
    {
        _server.ReloadFailure = "Cannot find any model weights with `/elsewhere`";
        var (closed, _) = _runs.Run(Grpo());
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain("Cannot find any model weights"), c => c.Message!.ShouldContain(_runs["weights"]),
            c => c.Message!.ShouldContain("under the same path"));
        _server.IsPaused.ShouldBeFalse("others may go on");
        _server.WeightVersion.ShouldEndWith("-step-0-loading", customMessage: "weights that are perhaps half there have no policy's name");
        Directory.GetDirectories(_runs["weights"]).ShouldBeEmpty();
    }

    [Fact]
    public void A_cache_that_is_not_emptied_stops_the_run()
    {
        _server.HeldCache = "prefix";
        var (closed, _) = _runs.Run(Grpo());
        closed.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain("reset_prefix_cache"));
        _server.IsPaused.ShouldBeFalse();
    }

    [Fact]
    public async Task Every_address_takes_the_weights_and_is_asked_for_its_version()
    {
        await using var second = await TinyServer.StartAsync(SpeakingModel.Folder);
        var (closed, recorder) = _runs.Run(Grpo(_server.Url, second.Url));
        closed.Outcome.ShouldBe("completed", closed.Message);
        foreach (var server in new[] { _server, second })
            server.ShouldSatisfyAllConditions(s => Weights(s).ShouldBe(TinyRuns.Weights(recorder, 1)), s => s.WeightVersion.ShouldEndWith("-step-1"), s => s.IsPaused.ShouldBeFalse());

        At("/v1/chat/completions", number: 2, second.StartAgain);
        var (stopped, _) = _runs.Run(Grpo(_server.Url, second.Url));
        stopped.ShouldSatisfyAllConditions(c => c.Outcome.ShouldBe("failed"), c => c.Message!.ShouldContain(second.Url), c => c.Message!.ShouldContain("'default'"));
    }
}
