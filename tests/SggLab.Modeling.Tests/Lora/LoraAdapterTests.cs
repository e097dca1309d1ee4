using System.Text;
using System.Text.Json.Nodes;
using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

public sealed class LoraAdapterTests : IDisposable
{
    private static readonly LoraSettings Settings = new() { Rank = 4, Alpha = 8, TargetModules = LoraSettings.TextLayers };

    private readonly string _work = Directory.CreateTempSubdirectory("sgglab-lora-").FullName;
    private readonly Qwen2VLModel _model = Qwen2VLModel.Load(Golden.Model("qwen2-vl-tiny"));

    [Fact]
    public void An_adapter_loaded_and_saved_keeps_its_matrices_names_and_scale()
    {
        using (var adapter = LoraAdapter.Load(_model, Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter")))
            adapter.Save(_work, "base");

        File.ReadAllBytes(Path.Combine(_work, "adapter_model.safetensors")).ShouldBe(File.ReadAllBytes(Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter", "adapter_model.safetensors")));
        using var again = LoraAdapter.Load(_model, _work);
        again.Settings.Scale.ShouldBe(2);
    }

    [Fact]
    public void A_fresh_adapter_changes_nothing_and_depends_on_its_seed_alone()
    {
        using var off = no_grad();
        using var batch = Batch();
        var before = _model.Score(batch).LogProbs;
        byte[] first, second;
        using (var adapter = LoraAdapter.Create(_model, Settings, seed: 3))
        {
            Compare.MaxAbs(_model.Score(batch).LogProbs, before).ShouldBe(0);
            adapter.Tensors.Count.ShouldBe(3 * 7 * 2);
            first = TensorMemory.Copy(adapter.Tensors.Values.First());
        }
        using (var adapter = LoraAdapter.Create(_model, Settings, seed: 3))
            second = TensorMemory.Copy(adapter.Tensors.Values.First());

        second.ShouldBe(first);
    }

    [Fact]
    public void Beside_a_model_of_another_type_an_adapter_learns_as_autograd_alone_would_have_it()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (values, a, b, gradient) = (randn(2, 9, 12).to_type(ScalarType.BFloat16), randn(4, 12), randn(8, 4), randn(2, 9, 8).to_type(ScalarType.BFloat16));
        Tensor[] Run(Func<Tensor, Tensor, Tensor, Tensor> forward)
        {
            var (x, lora_A, lora_B) = (values.clone().requires_grad_(true), a.clone().requires_grad_(true), b.clone().requires_grad_(true));
            var y = forward(x, lora_A, lora_B);
            (y * gradient).sum().backward();
            return [y.detach(), x.grad!, lora_A.grad!, lora_B.grad!];
        }

        var results = Run((x, lora_A, lora_B) => new LowRank(lora_A, lora_B, 2).AddTo(zeros(2, 9, 8, ScalarType.BFloat16), x));

        var wanted = Run((x, lora_A, lora_B) => nn.functional.linear(nn.functional.linear(x.to_type(ScalarType.Float32), lora_A), lora_B).to_type(ScalarType.BFloat16) * 2);
        results[1].dtype.ShouldBe(ScalarType.BFloat16);
        foreach (var (result, want) in results.Zip(wanted))
            Compare.MaxAbs(result, want).ShouldBeLessThan(1e-5);
    }

    [Fact]
    public void Switched_off_the_model_is_its_own_reference_and_the_decoder_follows()
    {
        using var off = no_grad();
        using var batch = Batch();
        var plain = _model.Score(batch).LogProbs;
        var tokenizer = Tokenizer.Load(Golden.Model("qwen2-vl-tiny"));
        using var decoder = new Decoder(_model, tokenizer);
        var prompt = new ProcessedPrompt { Ids = tokenizer.Encode("person.1 riding"), Images = [], Text = "" };
        int[] Drawn()
        {
            decoder.Refresh();
            return decoder.Generate([prompt], 1, new SamplingSettings { MaxNewTokens = 12, Greedy = true }, (_, _) => 0, cancellation: TestContext.Current.CancellationToken)[0].Ids;
        }
        var withoutAdapter = Drawn();

        using var adapter = LoraAdapter.Load(_model, Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter"));
        Compare.MaxAbs(_model.Score(batch).LogProbs, plain).ShouldBeGreaterThan(.1);
        var withAdapter = Drawn();
        adapter.Enabled = false;
        Compare.MaxAbs(_model.Score(batch).LogProbs, plain).ShouldBe(0);

        withAdapter.ShouldNotBe(withoutAdapter);
        Drawn().ShouldBe(withoutAdapter);
    }

    [Fact]
    public void An_adapter_that_does_not_fit_is_refused_by_name()
    {
        var text = File.ReadAllText(Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter", "adapter_config.json"));
        File.Copy(Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter", "adapter_model.safetensors"), Path.Combine(_work, "adapter_model.safetensors"));

        Refusal(text.Replace("\"r\": 8", "\"r\": 16", StringComparison.Ordinal)).ShouldContain("rank 16 of this layer asks for");
        Refusal(text.Replace("\"use_dora\": false", "\"use_dora\": true", StringComparison.Ordinal)).ShouldContain("use_dora");
        Should.Throw<LabException>(() => LoraAdapter.Create(_model, Settings with { TargetModules = ["attn.nothing"] }, 1)).Message.ShouldContain("attn.nothing");
        // A refused adapter leaves nothing attached.
        LoraAdapter.Create(_model, Settings, 1).Dispose();
    }

    /// <summary>What peft may write beside plain LoRA: each would compute something else than the matrices say.</summary>
    [Theory]
    [InlineData("init_lora_weights", "\"pissa\""), InlineData("init_lora_weights", "\"pissa_niter_16\""), InlineData("init_lora_weights", "\"olora\"")]
    [InlineData("init_lora_weights", "\"loftq\""), InlineData("init_lora_weights", "\"corda\""), InlineData("init_lora_weights", "\"eva\""), InlineData("init_lora_weights", "\"orthogonal\"")]
    [InlineData("init_lora_weights", "\"lora_ga\""), InlineData("init_lora_weights", "3"), InlineData("init_lora_weights", "{}")]
    [InlineData("velora_config", "{\"rank\": 1}"), InlineData("kasa_config", "{}"), InlineData("monteclora_config", "{\"samples\": 4}"), InlineData("lora_ga_config", "{\"direction\": \"ArB2r\"}")]
    [InlineData("eva_config", "{\"rho\": 2.0}"), InlineData("corda_config", "{\"method\": \"ipm\"}"), InlineData("loftq_config", "{\"loftq_bits\": 4}"), InlineData("arrow_config", "{}"), InlineData("megatron_config", "{\"tp\": 2}")]
    [InlineData("bias", "\"all\""), InlineData("bias", "\"lora_only\""), InlineData("use_dora", "true"), InlineData("use_qalora", "true"), InlineData("use_bdlora", "true"), InlineData("lora_bias", "true")]
    [InlineData("fan_in_fan_out", "true"), InlineData("ensure_weight_tying", "true"), InlineData("peft_type", "\"ADALORA\""), InlineData("modules_to_save", "[\"lm_head\"]"), InlineData("layer_replication", "[[0, 2]]")]
    [InlineData("trainable_token_indices", "[3]"), InlineData("target_parameters", "[\"experts.gate\"]"), InlineData("alora_invocation_tokens", "[1, 2]"), InlineData("a_later_method", "{\"on\": true}")]
    [InlineData("rank_pattern", "{\"q_proj\": 0}"), InlineData("rank_pattern", "{\"q_(proj\": 8}"), InlineData("rank_pattern", "[8]"), InlineData("alpha_pattern", "{\"q_proj\": \"16\"}"), InlineData("alpha_pattern", "{\"q_proj\": 1e999}")]
    [InlineData("lora_alpha", "1e999"), InlineData("use_rslora", "\"yes\""), InlineData("target_modules", "null")]
    public void A_setting_that_asks_for_more_than_plain_LoRA_is_refused_by_its_key(string key, string value)
    {
        var message = Should.Throw<LabException>(() => Parse(key, value)).Message;

        message.ShouldContain("adapter_config.json");
        message.ShouldContain(key);
    }

    [Fact]
    public void A_refusal_says_what_to_do_in_peft()
    {
        Should.Throw<LabException>(() => Parse("init_lora_weights", "\"pissa\"")).Message.ShouldContain("path_initial_model_for_weight_conversion");
        Should.Throw<LabException>(() => Parse("modules_to_save", "[\"lm_head\"]")).Message.ShouldContain("merge_and_unload");
        Should.Throw<LabException>(() => Parse("a_later_method", "{\"on\": true}")).Message.ShouldContain("merge_and_unload");
    }

    /// <summary>How A began and which layers were chosen is told by the tensors; what is off may be written in any way.</summary>
    [Theory]
    [InlineData("init_lora_weights", "true"), InlineData("init_lora_weights", "false"), InlineData("init_lora_weights", "\"gaussian\""), InlineData("init_lora_weights", "null")]
    [InlineData("modules_to_save", "[]"), InlineData("modules_to_save", "null"), InlineData("loftq_config", "null"), InlineData("loftq_config", "{}"), InlineData("velora_config", "null"), InlineData("a_later_method", "null")]
    [InlineData("trainable_token_indices", "[]"), InlineData("use_dora", "null"), InlineData("bias", "null"), InlineData("rank_pattern", "null"), InlineData("rank_pattern", "{}"), InlineData("alpha_pattern", "null")]
    [InlineData("target_modules", "\"all-linear\""), InlineData("target_modules", "\".*language_model.*(q|v)_proj\""), InlineData("target_modules", "[\"q_proj\"]")]
    [InlineData("exclude_modules", "[\"visual\"]"), InlineData("layers_to_transform", "[0]"), InlineData("layers_pattern", "\"layers\""), InlineData("lora_dropout", "0.05"), InlineData("qalora_group_size", "16")]
    public void A_setting_that_changes_nothing_passes(string key, string value)
    {
        Parse(key, value).Scale.ShouldBe(2);
        if (key == "target_modules")
            return;
        var config = JsonNode.Parse(Config)!.AsObject();
        config.Remove(key);
        LoraSettings.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), "adapter_config.json").Scale.ShouldBe(2, "and may be left out");
    }

    private static string Config { get; } = File.ReadAllText(Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter", "adapter_config.json"));

    private static LoraSettings Parse(string key, string value)
    {
        var rest = JsonNode.Parse(Config)!.AsObject();
        rest.Remove(key);
        // As text, so that values reach the reader as they stand.
        return LoraSettings.Parse(Encoding.UTF8.GetBytes($"{rest.ToJsonString()[..^1]},\"{key}\":{value}}}"), "adapter_config.json");
    }

    /// <summary>peft: the first key that matches the end of a layer's path, from a point on, as a regular expression.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public void Ranks_and_alphas_of_single_layers_follow_their_patterns(bool stabilised)
    {
        const string Layers = "model.language_model.layers.";
        var shapes = new Dictionary<string, (int Rank, double Alpha)>
        {
            [$"{Layers}0.self_attn.q_proj"] = (4, 8),
            [$"{Layers}0.self_attn.k_proj"] = (2, 8),
            [$"{Layers}1.self_attn.k_proj"] = (3, 24), // By its whole path, which comes first.
            [$"{Layers}0.mlp.down_proj"] = (4, 2.5),
            [$"{Layers}1.mlp.down_proj"] = (6, 2.5),
        };
        WriteAdapter(shapes, $$"""
            {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "use_rslora": {{(stabilised ? "true" : "false")}}, "target_modules": ["q_proj", "k_proj", "down_proj"],
            "rank_pattern": {"{{Layers.Replace(".", "\\\\.", StringComparison.Ordinal)}}1.self_attn.k_proj": 3, "k_proj": 2, "_proj": 64, "layers\\.[1-9].*\\.down_proj": 6, "proj": 64},
            "alpha_pattern": {"^model\\.language_model\\.layers\\.1\\.self_attn\\.k_proj": 24, "mlp.down_proj": 2.5} }
            """);
        using var scope = NewDisposeScope();
        var before = shapes.Keys.ToDictionary(layer => layer, layer => _model.Weights[Own(layer)].clone());
        using var file = SafetensorsFile.Open(Path.Combine(_work, "adapter_model.safetensors"));

        LoraAdapter.Load(_model, _work).Merge();

        using var off = no_grad();
        foreach (var (layer, (rank, alpha)) in shapes)
        {
            var product = file.Read($"base_model.model.{layer}.lora_B.weight").mm(file.Read($"base_model.model.{layer}.lora_A.weight"));
            var expected = before[layer] + product * (float)(alpha / (stabilised ? Math.Sqrt(rank) : rank));
            Compare.MaxAbs(_model.Weights[Own(layer)], expected).ShouldBeLessThan(1e-5, layer);
        }
    }

    [Fact]
    public void An_adapter_with_patterns_is_saved_as_the_same_adapter()
    {
        const string Layers = "model.language_model.layers.";
        WriteAdapter(new() { [$"{Layers}0.self_attn.q_proj"] = (4, 8), [$"{Layers}0.self_attn.k_proj"] = (2, 8), [$"{Layers}1.self_attn.k_proj"] = (2, 24) },
            """{"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "k_proj"], "rank_pattern": {"k_proj": 2}, "alpha_pattern": {"1.self_attn.k_proj": 24}}""");
        string[] folders = [_work, Path.Combine(_work, "first"), Path.Combine(_work, "second")];
        foreach (var (from, to) in folders.Zip(folders.Skip(1)))
        {
            using var adapter = LoraAdapter.Load(_model, from);
            adapter.Save(to, "base");
        }
        byte[] Bytes(int folder, string name) => File.ReadAllBytes(Path.Combine(folders[folder], name));

        Bytes(2, "adapter_config.json").ShouldBe(Bytes(1, "adapter_config.json"));
        Bytes(2, "adapter_model.safetensors").ShouldBe(Bytes(1, "adapter_model.safetensors"));
        var config = JsonNode.Parse(Bytes(1, "adapter_config.json"))!;
        config["rank_pattern"]!.ToJsonString().ShouldBe($$"""{"{{Layers}}0.self_attn.k_proj":2,"{{Layers}}1.self_attn.k_proj":2}""");
        config["alpha_pattern"]!.ToJsonString().ShouldBe($$"""{"{{Layers}}1.self_attn.k_proj":24}""");
    }

    [Fact]
    public void A_pattern_that_never_ends_is_refused()
    {
        const string Layer = "model.language_model.layers.0.self_attn.q_proj";
        WriteAdapter(new() { [Layer] = (4, 8) }, """{"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"], "rank_pattern": {"((\\w|\\.)*)*!": 2} }""");

        Should.Throw<LabException>(() => LoraAdapter.Load(_model, _work)).Message.ShouldContain("((\\w|\\.)*)*!");
    }

    /// <summary>Layers as the checkpoint of the tiny model names them.</summary>
    private static string Own(string layer) => layer.Replace("model.language_model.", "model.", StringComparison.Ordinal) + ".weight";

    private void WriteAdapter(Dictionary<string, (int Rank, double Alpha)> shapes, string config)
    {
        using var scope = NewDisposeScope();
        var tensors = new SortedDictionary<string, Tensor>(StringComparer.Ordinal);
        using var generator = new Generator(7);
        foreach (var (layer, (rank, _)) in shapes)
        {
            var weight = _model.Weights[Own(layer)];
            tensors.Add($"base_model.model.{layer}.lora_A.weight", randn([rank, weight.size(1)], generator: generator));
            tensors.Add($"base_model.model.{layer}.lora_B.weight", randn([weight.size(0), rank], generator: generator));
        }
        SafetensorsWriter.Write(Path.Combine(_work, "adapter_model.safetensors"), tensors);
        File.WriteAllText(Path.Combine(_work, "adapter_config.json"), config);
    }

    private string Refusal(string config)
    {
        File.WriteAllText(Path.Combine(_work, "adapter_config.json"), config);
        return Should.Throw<LabException>(() => LoraAdapter.Load(_model, _work)).Message;
    }

    private ModelBatch Batch() => ModelBatch.Of(_model, [new BatchRow { Ids = [5, 6, 7, 8, 9], Images = [], Labels = [5, 6, 7, 8, 9] }]);

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_work, recursive: true);
    }
}
