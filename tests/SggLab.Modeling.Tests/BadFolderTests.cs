using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using SggLab.Contracts;

namespace SggLab.Modeling.Tests;

/// <summary>A damaged or foreign folder is refused with the file and the tensor or key named, and nothing half-loaded.</summary>
public sealed class BadFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-bad-").FullName;

    [Fact]
    public void A_missing_shard_is_named()
    {
        Copy("qwen2_5-vl-tiny");
        File.Delete(At("model-00002-of-00002.safetensors"));

        Refusal().ShouldContain("lacks the shard model-00002-of-00002.safetensors");
    }

    [Fact]
    public void A_shard_without_a_tensor_that_the_index_promises_is_named()
    {
        Copy("qwen2_5-vl-tiny");
        Edit("model.safetensors.index.json", json => json["weight_map"]!["visual.blocks.9.norm1.weight"] = "model-00001-of-00002.safetensors");

        Refusal().ShouldContain("model-00001-of-00002.safetensors holds no tensor visual.blocks.9.norm1.weight");
    }

    [Fact]
    public void A_tensor_of_a_shard_that_the_index_does_not_name_is_refused()
    {
        Copy("qwen2_5-vl-tiny");
        Edit("model.safetensors.index.json", json => json["weight_map"]!.AsObject().Remove("lm_head.weight"));

        Refusal().ShouldContain("holds the tensor lm_head.weight, which model.safetensors.index.json does not say it does");
    }

    [Theory]
    [InlineData("model-00003-of-00003.safetensors", "is not one of the folder's weights")]
    [InlineData("model.safetensors", "holds both")]
    public void Weights_that_nothing_names_are_refused(string name, string message)
    {
        Copy("qwen2_5-vl-tiny");
        File.Copy(At("model-00002-of-00002.safetensors"), At(name));

        Refusal().ShouldContain(message);
    }

    [Fact]
    public void A_shard_outside_the_folder_is_refused()
    {
        Copy("qwen2_5-vl-tiny");
        Edit("model.safetensors.index.json", json => json["weight_map"]!["lm_head.weight"] = "../other.safetensors");

        Refusal().ShouldContain("../other.safetensors");
    }

    [Fact]
    public void A_wrong_shape_names_file_tensor_and_both_shapes()
    {
        Copy("qwen2-vl-tiny");
        Edit("config.json", json => json["intermediate_size"] = 120);

        Refusal().ShouldMatch(@"model\.safetensors, tensor model\.layers\.0\.mlp\.gate_proj\.weight: its shape is \[128, 64\], config\.json asks for \[120, 64\]");
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        Copy("qwen2-vl-tiny");
        Edit("config.json", json => json["num_hidden_layers"] = 4);

        Refusal().ShouldContain("lack the tensor model.layers.3.input_layernorm.weight");
    }

    [Fact]
    public void A_tensor_that_the_model_has_no_use_for_is_named()
    {
        Copy("qwen2-vl-tiny");
        Edit("config.json", json => json["num_hidden_layers"] = 2);

        Refusal().ShouldContain("holds the tensor model.layers.2.input_layernorm.weight");
    }

    [Theory]
    [InlineData("model_type", "llama")]
    [InlineData("hidden_act", "gelu")]
    [InlineData("use_sliding_window", true)]
    [InlineData("num_key_value_heads", 3)]
    [InlineData("rope_theta", "high")]
    [InlineData("new_trick", 1)]
    public void A_setting_that_is_unknown_or_unsupported_is_named(string key, object value)
    {
        Copy("qwen2-vl-tiny");
        Edit("config.json", json => json[key] = value switch { string text => text, bool flag => flag, var number => (int)number });

        Refusal().ShouldContain(key);
    }

    [Theory]
    [InlineData("qwen2_5-vl-tiny", "vision_config", "window_size", "1")]
    [InlineData("qwen2_5-vl-tiny", "vision_config", "fullatt_block_indexes", "[99]")]
    [InlineData("qwen3-vl-tiny", "vision_config", "deepstack_visual_indexes", "[0, 99]")]
    [InlineData("qwen2-vl-tiny", "", "rope_theta", "0")]
    [InlineData("qwen2-vl-tiny", "", "num_hidden_layers", "1000000000")]
    public void A_setting_that_makes_no_model_is_named_with_its_file(string model, string part, string key, string value)
    {
        Copy(model);
        Edit("config.json", json => (part.Length == 0 ? json : json[part]!.AsObject())[key] = JsonNode.Parse(value));

        Refusal().ShouldStartWith(At("config.json"));
        Refusal().ShouldContain(key);
    }

    [Theory]
    [InlineData("min_p", "0.3")]
    [InlineData("num_beams", "4")]
    [InlineData("suppress_tokens", "[5]")]
    [InlineData("strange", "1")]
    public void A_way_to_draw_that_is_not_offered_is_named(string key, string value)
    {
        Copy("qwen2-vl-tiny");
        Edit("generation_config.json", json => json[key] = JsonNode.Parse(value));

        Should.Throw<LabException>(() => GenerationConfig.Of(ModelFolder.Open(_folder))).Message.ShouldMatch($"generation_config.json: .*{key}");
    }

    [Fact]
    public void A_temperature_at_which_nothing_can_be_drawn_is_refused_where_the_folder_asks_to_draw()
    {
        Copy("qwen2-vl-tiny");
        Edit("generation_config.json", json => json["temperature"] = 0);
        var own = GenerationConfig.Of(ModelFolder.Open(_folder));

        Should.Throw<LabException>(() => own.Sampling(5)).Message.ShouldMatch("generation_config.json: temperature is 0 .*do_sample.* false");
        own.Sampling(5, temperature: .7).Temperature.ShouldBe(.7);
        own.Sampling(5, greedy: true).Greedy.ShouldBeTrue();
        Edit("generation_config.json", json => json["do_sample"] = false);
        GenerationConfig.Of(ModelFolder.Open(_folder)).Sampling(5).Greedy.ShouldBeTrue();
    }

    [Fact]
    public void Two_tokens_of_one_id_are_refused()
    {
        Copy("qwen2-vl-tiny");
        Edit("tokenizer.json", json => json["model"]!["vocab"]!["a"] = json["model"]!["vocab"]!["b"]!.GetValue<int>());

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain("share the id");
    }

    [Theory]
    [InlineData("""["a"]""", "model.merges[3]")]
    [InlineData("7", "tokenizer.json")]
    public void A_merge_of_other_than_two_tokens_is_refused(string merge, string message)
    {
        Copy("qwen2-vl-tiny");
        Edit("tokenizer.json", json => json["model"]!["merges"]![3] = JsonNode.Parse(merge));

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain(message);
    }

    [Fact]
    public void A_tokenizer_without_steps_before_it_is_refused()
    {
        Copy("qwen2-vl-tiny");
        Edit("tokenizer.json", json => json["pre_tokenizer"]!["pretokenizers"] = new JsonArray());

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain("pretokenizers is empty");
    }

    [Fact]
    public void An_image_too_flat_to_be_scaled_is_named()
    {
        var processor = PromptProcessor.Load(Golden.Model("qwen2-vl-tiny"));

        Should.Throw<LabException>(() => processor.Images.Process(RgbImage.Read(Path.Combine(Golden.Root, "images", "files", "too_wide_402x2.png")))).Message.ShouldContain("too_wide_402x2.png");
    }

    [Fact]
    public void A_missing_setting_is_named()
    {
        Copy("qwen2-vl-tiny");
        Edit("config.json", json => json.Remove("num_hidden_layers"));

        Refusal().ShouldContain("lacks the key num_hidden_layers");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5000)]
    [InlineData(500_000)]
    public void A_truncated_weight_file_is_refused(int length)
    {
        Copy("qwen2-vl-tiny");
        using (var file = File.OpenWrite(At("model.safetensors")))
            file.SetLength(length);

        Refusal().ShouldContain("model.safetensors");
    }

    [Theory]
    [InlineData(long.MaxValue, "{}")]
    [InlineData(2, "[]")]
    [InlineData(2, "{}")] // The data has no tensor.
    [InlineData(0, "{\"model.norm.weight\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,9223372036854775807],\"data_offsets\":[0,8]}}")]
    [InlineData(0, "{\"model.norm.weight\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}")]
    [InlineData(0, "{\"model.norm.weight\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,8]}}")]
    [InlineData(0, "{\"model.norm.weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}")]
    [InlineData(0, "{\"model.norm.weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}")]
    [InlineData(0, "{\"model.norm.weight\":{\"dtype\":\"F32\",\"shape\":\"two\",\"data_offsets\":[0,8]}}")]
    [InlineData(0, "not json")]
    public void A_header_that_lies_is_refused(long claimed, string header)
    {
        Copy("qwen2-vl-tiny");
        var bytes = new byte[8 + header.Length + 8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, claimed == 0 ? header.Length : claimed);
        Encoding.ASCII.GetBytes(header).CopyTo(bytes, 8);
        File.WriteAllBytes(At("model.safetensors"), bytes);

        Refusal().ShouldContain("model.safetensors");
    }

    [Fact]
    public void A_folder_without_weights_or_settings_is_refused()
    {
        Refusal().ShouldContain("config.json is missing");
        File.Copy(Path.Combine(Golden.Model("qwen2-vl-tiny"), "config.json"), At("config.json"));
        Refusal().ShouldContain("there are no weights");
        Should.Throw<LabException>(() => Qwen2VLModel.Load(At("nowhere"))).Message.ShouldContain("There is no model folder");
    }

    [Fact]
    public void A_tokenizer_without_the_special_tokens_is_refused()
    {
        Copy("qwen2-vl-tiny");
        Edit("tokenizer.json", json => json["added_tokens"] = new JsonArray());

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain("no special token <|image_pad|>");
    }

    [Theory]
    [InlineData("model", "tokenizer.json")]
    [InlineData("normalizer", "normalizer")]
    [InlineData("pre_tokenizer", "tokenizer.json")]
    [InlineData("added_tokens", "tokenizer.json")]
    public void A_foreign_tokenizer_is_refused(string removed, string named)
    {
        Copy("qwen2-vl-tiny");
        Edit("tokenizer.json", json => json[removed] = null);

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain(named);
    }

    [Fact]
    public void A_tokenizer_of_another_model_is_refused()
    {
        Copy("qwen2-vl-tiny");
        Edit("config.json", json => json["image_token_id"] = 7);

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain("belong to different models");
    }

    [Fact]
    public void An_unknown_chat_template_is_refused()
    {
        Copy("qwen2-vl-tiny");
        Edit("chat_template.json", json => json["chat_template"] = "{{ messages }}");

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain("Put the chat_template.json of the published model into the folder.");
        File.WriteAllText(Path.Combine(_folder, "chat_template.jinja"), "{{ messages }}");
        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain("Remove it, and put the chat_template.json of the published model");
    }

    [Fact]
    public void Image_settings_of_another_model_are_refused()
    {
        Copy("qwen2-vl-tiny");
        Edit("preprocessor_config.json", json => json["patch_size"] = 16);

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain("cuts patches of 16 pixels");
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused()
    {
        Copy("qwen2-vl-tiny");
        Edit("config.json", json => json["max_position_embeddings"] = 20);
        var processor = PromptProcessor.Load(_folder);

        Should.Throw<LabException>(() => processor.Process([new ChatMessage("user", "person.1 riding horse.2 and so on")])).Message.ShouldContain("max_position_embeddings is 20");
    }

    [Fact]
    public void Images_and_their_places_in_the_text_must_agree()
    {
        var processor = PromptProcessor.Load(Golden.Model("qwen2-vl-tiny"));

        Should.Throw<LabException>(() => processor.Process([new ChatMessage("user", "what is <|image_pad|>?")])).Message.ShouldContain("must not contain <|image_pad|>");
    }

    [Fact]
    public void Videos_are_refused()
    {
        var processor = PromptProcessor.Load(Golden.Model("qwen2-vl-tiny"));

        Should.Throw<LabException>(() => processor.Process([new ChatMessage("user", [new ChatPart.Video(), new ChatPart.Text("what?")])])).Message.ShouldContain("holds a video; only images are read");
        Should.Throw<LabException>(() => processor.Process([new ChatMessage("user", "what is <|video_pad|>?")])).Message.ShouldContain("must not contain <|video_pad|>");
    }

    private string At(string file) => Path.Combine(_folder, file);

    private string Refusal() => Should.Throw<LabException>(() => Qwen2VLModel.Load(_folder)).Message;

    private void Copy(string model)
    {
        foreach (var file in Directory.GetFiles(Golden.Model(model)).Where(f => !Path.GetFileName(f).StartsWith("forward", StringComparison.Ordinal)))
            File.Copy(file, At(Path.GetFileName(file)));
    }

    private void Edit(string file, Action<JsonObject> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(At(file)))!.AsObject();
        edit(json);
        File.WriteAllText(At(file), json.ToJsonString());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
