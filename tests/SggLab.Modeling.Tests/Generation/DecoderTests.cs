using System.Text.Json.Nodes;
using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

public sealed class DecoderTests : IDisposable
{
    private readonly Qwen2VLModel _model = Qwen2VLModel.Load(Golden.Model("qwen2-vl-tiny"));
    private readonly PromptProcessor _processor = PromptProcessor.Load(Golden.Model("qwen2-vl-tiny"));

    [Theory]
    [InlineData("qwen2-vl-tiny", false)]
    [InlineData("qwen2_5-vl-tiny", false)]
    [InlineData("qwen3-vl-tiny", false)]
    [InlineData("qwen2-vl-tiny", true)]
    [InlineData("qwen2_5-vl-tiny", true)]
    [InlineData("qwen3-vl-tiny", true)]
    public void Greedy_runs_and_distributions_equal_those_of_the_reference(string name, bool byLibtorch)
    {
        using var model = Qwen2VLModel.Load(Golden.Model(name));
        using var parity = new GenerationParity(model, GoldenCases.Read(Golden.Model(name)), byLibtorch ? new TorchDecodeEngine(model, drawsOnDevice: true) : CpuDecodeEngine.Of(model));

        var items = parity.Check().ToList();

        items.Count(i => i.Reason is null).ShouldBeGreaterThanOrEqualTo(16);
        items.Where(i => !i.Ok).Select(i => $"{i.Item}: {i.MaxAbsError:g3} > {i.Tolerance:g3}").ShouldBeEmpty();
    }

    [Fact]
    public void A_rollout_can_be_drawn_again_alone_from_its_seed()
    {
        using var decoder = new Decoder(_model, _processor.Tokenizer);
        var prompts = Prompts("List objects.", "What is on the table?", "Generate a scene graph of the image.");
        var settings = new SamplingSettings { MaxNewTokens = 24, TopK = 50, TopP = .9 };

        var together = Draw(decoder, prompts, 4, settings, (prompt, sample) => 100 * prompt + sample);
        var alone = Draw(decoder, [prompts[1]], 1, settings, (_, _) => 102);

        alone[0].Ids.ShouldBe(together[1 * 4 + 2].Ids);
        together.Select(c => string.Join(' ', c.Ids)).Distinct().Count().ShouldBe(12);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Logits_that_are_no_numbers_are_an_error_that_names_the_weights(bool byLibtorch, bool greedy)
    {
        using (no_grad())
            _model.Weights["model.norm.weight"].copy_(full_like(_model.Weights["model.norm.weight"], float.NaN));
        using var decoder = new Decoder(_model, _processor.Tokenizer, byLibtorch ? new TorchDecodeEngine(_model, drawsOnDevice: true) : CpuDecodeEngine.Of(_model));
        decoder.Refresh();

        Should.Throw<NotFiniteLogitsException>(() => Draw(decoder, Prompts("Why?"), 8, new SamplingSettings { MaxNewTokens = 3, TopP = .9, TopK = 50, Greedy = greedy }, (_, sample) => sample))
            .Message.ShouldContain($"logits are not finite (their log-sum-exp is NaN): weights of {Golden.Model("qwen2-vl-tiny")}");
    }

    [Fact]
    public void Few_rows_at_a_time_give_the_same_completions_as_many()
    {
        using var decoder = new Decoder(_model, _processor.Tokenizer);
        var prompts = Prompts("List objects.", "What is on the table?", "Name one.", "Why?");
        var settings = new SamplingSettings { MaxNewTokens = 70, EosIds = [13, 198, 220] }; // Common ids, so that rows leave at different times.

        var many = Draw(decoder, prompts, 3, settings, (prompt, sample) => 10 * prompt + sample);
        var few = Draw(decoder, prompts, 3, settings, (prompt, sample) => 10 * prompt + sample, rows: 4);

        few.Select(c => c.Ids).ShouldBe(many.Select(c => c.Ids));
        many.Select(c => c.Ids.Length).Distinct().Count().ShouldBeGreaterThan(2);
        many.ShouldContain(c => c.Finish == FinishReason.Stop);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Drawn_log_probabilities_are_those_that_the_training_pass_computes(bool byLibtorch)
    {
        using var decoder = new Decoder(_model, _processor.Tokenizer, byLibtorch ? new TorchDecodeEngine(_model, drawsOnDevice: true) : CpuDecodeEngine.Of(_model));
        decoder.Refresh();
        var prompts = Prompts("List objects.", "Why?", "What is on the table?");
        var settings = new SamplingSettings { MaxNewTokens = 150, EosIds = [13, 198, 220], Temperature = .7, TopK = 50, TopP = .9 };
        var drawn = Draw(decoder, prompts, 3, settings, (prompt, sample) => prompt + 7 * sample, rows: 6);

        using var off = no_grad();
        using var batch = ModelBatch.Of(_model, [.. drawn.Select(c => BatchRow.Of(prompts[c.Prompt], c.Ids))]);
        var scored = _model.Score(batch, temperature: .7).LogProbs.data<float>().ToArray();

        var recorded = drawn.SelectMany(c => c.LogProbs).ToArray();
        recorded.Length.ShouldBe(scored.Length);
        recorded.Zip(scored, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(2e-4f);
        drawn.SelectMany(c => c.DrawnLogProbs).Zip(recorded, (cut, full) => cut - full).ShouldAllBe(gain => gain > -1e-5);
    }

    /// <summary>What every run on a GPU does. The bounds are those of a whole pass in bf16 against the reference's.</summary>
    [Theory]
    [InlineData("qwen2-vl-tiny")]
    [InlineData("qwen2_5-vl-tiny")]
    [InlineData("qwen3-vl-tiny")]
    public void In_bf16_tokens_fed_one_by_one_give_the_logits_of_the_whole_text(string name)
    {
        const int Tokens = 140; // More than the places that a layout begins with.
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var model = Qwen2VLModel.Load(Golden.Model(name), ScalarType.BFloat16);
        using var engine = new TorchDecodeEngine(model, drawsOnDevice: true);
        engine.Refresh();
        var prompts = Prompts(PromptProcessor.Load(Golden.Model(name)), "List objects.", "Why?");
        var prefixes = engine.Read(prompts);
        int[] promptOfRow = [0, 0, 1];
        IDecodeRow[] rows = [.. promptOfRow.Select(prompt => engine.Begin(prefixes[prompt]))];
        var random = new Random(3);
        int[][] texts = [.. rows.Select(_ => Enumerable.Range(0, Tokens).Select(_ => random.Next(1400)).ToArray())];
        var steps = Enumerable.Range(0, Tokens).Select(at => engine.Step(rows, [.. texts.Select(text => text[at])]).ToArray()).ToArray();

        using var batch = ModelBatch.Of(model, [.. texts.Select((text, row) => BatchRow.Of(prompts[promptOfRow[row]], text))]);
        var whole_RTV = model.Logits(model.Hidden(batch)).to_type(ScalarType.Float32);
        for (var row = 0; row < rows.Length; row++)
        {
            var fed_TV = tensor(steps.SelectMany(step => step.AsSpan(row * model.Config.Text.VocabSize, model.Config.Text.VocabSize).ToArray()).ToArray(), [Tokens, model.Config.Text.VocabSize]);
            var difference_TV = (fed_TV - whole_RTV[row].narrow(0, prompts[promptOfRow[row]].Ids.Length, Tokens)).abs();
            difference_TV.mean().item<float>().ShouldBeLessThan(.05f);
            difference_TV.max().item<float>().ShouldBeLessThan(1);
        }
        foreach (var prefix in prefixes)
            prefix.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_bf16_drawn_log_probabilities_are_near_those_that_the_training_pass_computes(bool drawsOnDevice)
    {
        using var model = Qwen2VLModel.Load(Golden.Model("qwen2-vl-tiny"), ScalarType.BFloat16);
        using var decoder = new Decoder(model, _processor.Tokenizer, new TorchDecodeEngine(model, drawsOnDevice));
        var prompts = Prompts("List objects.", "Why?", "What is on the table?");
        var settings = new SamplingSettings { MaxNewTokens = 150, EosIds = [13, 198, 220], Temperature = .7, TopK = 50, TopP = .9 };
        var drawn = Draw(decoder, prompts, 3, settings, (prompt, sample) => prompt + 7 * sample, rows: 6);

        using var off = no_grad();
        using var batch = ModelBatch.Of(model, [.. drawn.Select(c => BatchRow.Of(prompts[c.Prompt], c.Ids))]);
        var scored = model.Score(batch, temperature: .7).LogProbs.data<float>().ToArray();

        var gaps = drawn.SelectMany(c => c.LogProbs).Zip(scored, (a, b) => Math.Abs(a - b)).ToArray();
        // Logits above 2 are a 64th apart in bf16, and the temperature stretches that.
        gaps.Average().ShouldBeLessThan(.05f);
        gaps.Max().ShouldBeLessThan(.4f);
    }

    [Fact]
    public void Prompts_and_rows_are_cached_once_however_often_rows_leave()
    {
        static long Alive() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using var off = no_grad();
        using var engine = new TorchDecodeEngine(_model, drawsOnDevice: true);
        using (NewDisposeScope())
            engine.Refresh();
        var before = Alive();
        var prefixes = engine.Read(Prompts("List objects.", "Why?", "What is on the table?"));
        var rows = prefixes.SelectMany(prefix => new[] { engine.Begin(prefix), engine.Begin(prefix) }).ToList();
        var layers = _model.Config.Text.Layers;
        (Alive() - before).ShouldBe(2 * layers * 3, "keys and values of three prompts");
        foreach (var leaving in new[] { 0, 1, 1, 2 })
        {
            rows.RemoveRange(0, leaving);
            engine.Step(rows, new int[rows.Count]);
            // Keys and values of prompts and rows a layer; one mask, four indices, a number, the logits.
            (Alive() - before).ShouldBe(4 * layers + 7, $"{rows.Count} rows");
        }
        foreach (var prefix in prefixes)
            prefix.Dispose();
    }

    [Fact]
    public void Changed_weights_are_seen_after_a_refresh()
    {
        using var decoder = new Decoder(_model, _processor.Tokenizer);
        var prompts = Prompts("List objects.");
        var settings = new SamplingSettings { MaxNewTokens = 10, Greedy = true };
        var before = Draw(decoder, prompts, 1, settings, (_, _) => 0)[0].Ids;

        using (no_grad())
            _model.Weights["model.norm.weight"].mul_(-1);
        decoder.Refresh();

        Draw(decoder, prompts, 1, settings, (_, _) => 0)[0].Ids.ShouldNotBe(before);
    }

    [Fact]
    public void A_completion_stops_at_the_end_of_the_context()
    {
        var prompts = Prompts("List objects.", "What is on the table?");
        var longest = prompts.Max(prompt => prompt.Ids.Length);
        using var model = WithContext(longest + 3);
        using var decoder = new Decoder(model, _processor.Tokenizer);

        var drawn = Draw(decoder, prompts, 2, new SamplingSettings { MaxNewTokens = 20, EosIds = [] }, (prompt, sample) => 10 * prompt + sample);

        drawn.ShouldAllBe(c => prompts[c.Prompt].Ids.Length + c.Ids.Length == Math.Min(longest + 3, prompts[c.Prompt].Ids.Length + 20) && c.Finish == FinishReason.Length);
        drawn.ShouldContain(c => c.Ids.Length == 3);
    }

    [Fact]
    public void A_prompt_that_fills_the_context_is_refused()
    {
        var longest = _model.Config.Text.MaxPositions;
        var prompt = new ProcessedPrompt { Ids = [.. Enumerable.Repeat(64, longest)], Images = [], Text = "" };
        using var decoder = new Decoder(_model, _processor.Tokenizer);

        var error = Should.Throw<LabException>(() => Draw(decoder, [prompt], 1, new SamplingSettings { MaxNewTokens = 5 }, (_, _) => 0));

        error.Message.ShouldContain("leaves no room for an answer");
        error.Message.ShouldContain($"{longest}");
    }

    [Theory]
    [InlineData("temperature")]
    [InlineData("top_p")]
    [InlineData("top_k")]
    [InlineData("max_new_tokens")]
    [InlineData("repetition_penalty")]
    public void A_setting_out_of_range_is_named(string key)
    {
        var good = new SamplingSettings { MaxNewTokens = 5 };
        var bad = key switch
        {
            "temperature" => good with { Temperature = 0 },
            "top_p" => good with { TopP = 1.5 },
            "top_k" => good with { TopK = -1 },
            "max_new_tokens" => good with { MaxNewTokens = 0 },
            _ => good with { RepetitionPenalty = 0 },
        };

        Should.Throw<LabException>(bad.Check).Message.ShouldStartWith(key);
    }

    /// <summary>The model, told of a shorter context.</summary>
    private static Qwen2VLModel WithContext(int positions)
    {
        var folder = Directory.CreateTempSubdirectory("sgglab-context-");
        try
        {
            foreach (var file in new[] { "config.json", "generation_config.json", "model.safetensors" })
                File.Copy(Path.Combine(Golden.Model("qwen2-vl-tiny"), file), Path.Combine(folder.FullName, file));
            var config = Path.Combine(folder.FullName, "config.json");
            var json = JsonNode.Parse(File.ReadAllText(config))!;
            json["max_position_embeddings"] = positions;
            File.WriteAllText(config, json.ToJsonString());
            return Qwen2VLModel.Load(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IReadOnlyList<Completion> Draw(Decoder decoder, IReadOnlyList<ProcessedPrompt> prompts, int samples, SamplingSettings settings, Func<int, int, long> seed, int rows = 256) =>
        decoder.Generate(prompts, samples, settings, seed, rows: rows, cancellation: TestContext.Current.CancellationToken);

    private IReadOnlyList<ProcessedPrompt> Prompts(params string[] questions) => Prompts(_processor, questions);

    private static IReadOnlyList<ProcessedPrompt> Prompts(PromptProcessor processor, params string[] questions)
    {
        var image = processor.Images.With(minPixels: 3136, maxPixels: 31360).Process(RgbImage.Read(Path.Combine(Golden.Root, "inputs", "a.png")));
        return [.. questions.Select(q => processor.Process([new ChatMessage("user", [new ChatPart.Image(image), new ChatPart.Text(q)])]))];
    }

    public void Dispose() => _model.Dispose();
}
