using System.Text.Json.Nodes;
using SggLab.Contracts;

namespace SggLab.Modeling.Tests;

/// <summary>Configurations as versions of transformers save them mean what transformers reads from them.</summary>
public class ModelConfigTests
{
    [Fact]
    public void A_vision_configuration_saved_as_its_difference_has_the_class_defaults()
    {
        var vision = Config("qwen2-vl-tiny", json =>
        {
            json["hidden_size"] = 1536;
            json["num_attention_heads"] = 96;
            json["num_key_value_heads"] = 2;
            json["vision_config"] = JsonNode.Parse("""{"hidden_size": 1536, "in_chans": 3, "model_type": "qwen2_vl", "spatial_patch_size": 14}""");
        }).Vision;

        (vision.Depth, vision.Width, vision.Heads, vision.IntermediateSize, vision.OutSize).ShouldBe((32, 1280, 16, 5120, 1536));
        (vision.PatchSize, vision.TemporalPatchSize, vision.MergeSize).ShouldBe((14, 2, 2));
    }

    [Fact]
    public void Each_family_has_its_own_class_defaults()
    {
        var qwen25 = Config("qwen2_5-vl-tiny", json => json["vision_config"] = JsonNode.Parse("""{"out_hidden_size": 64, "hidden_size": 1280}""")).Vision;
        var qwen3 = Config("qwen3-vl-tiny", json => json["vision_config"] = JsonNode.Parse("""{"out_hidden_size": 64}""")).Vision;

        (qwen25.Depth, qwen25.Width, qwen25.Heads, qwen25.IntermediateSize, qwen25.PatchSize, qwen25.WindowSize).ShouldBe((32, 1280, 16, 3420, 14, 112));
        qwen25.FullAttentionBlocks.ShouldBe([7, 15, 23, 31]);
        (qwen3.Depth, qwen3.Width, qwen3.Heads, qwen3.IntermediateSize, qwen3.PatchSize, qwen3.PositionEmbeddings).ShouldBe((27, 1152, 16, 4304, 16, 2304));
        qwen3.DeepstackBlocks.ShouldBe([8, 16, 24]);
    }

    [Theory]
    [InlineData("qwen2-vl-tiny", "", 1e-5, 32768)]
    [InlineData("qwen3-vl-tiny", "text_config", 1e-6, 128000)]
    public void Missing_settings_of_the_text_have_the_class_defaults(string model, string part, double eps, int positions)
    {
        var text = Config(model, json =>
        {
            var holder = part.Length == 0 ? json : json[part]!.AsObject();
            foreach (var key in new[] { "rms_norm_eps", "max_position_embeddings", "initializer_range" })
                holder.Remove(key);
            if (part.Length == 0)
                holder.Remove("rope_theta");
        }).Text;

        (text.RmsNormEps, text.MaxPositions, text.InitializerRange).ShouldBe((eps, positions, 0.02));
        text.RopeTheta.ShouldBe(part.Length == 0 ? 1e6 : 5e6);
    }

    [Fact]
    public void A_missing_size_of_the_vision_tower_that_does_not_fit_is_named()
    {
        Should.Throw<LabException>(() => Config("qwen2-vl-tiny", json => json["vision_config"]!.AsObject().Remove("hidden_size"))).Message
            .ShouldContain("vision_config.hidden_size is absent; wanted is the language model's hidden_size (64)");
    }

    [Fact]
    public void Keys_repeated_at_the_root_matter_only_where_they_are_read()
    {
        Config("qwen2-vl-tiny-nested", json => json["sliding_window"] = 32768).Text.HiddenSize.ShouldBe(64);

        Should.Throw<LabException>(() => Config("qwen2-vl-tiny-nested", json => json["hidden_size"] = 32)).Message.ShouldContain("states hidden_size twice");
    }

    [Theory]
    [InlineData("qwen2-vl-tiny")]
    [InlineData("qwen2-vl-tiny-nested")]
    [InlineData("qwen3-vl-tiny")]
    public void What_programs_that_saved_a_folder_say_of_themselves_changes_nothing(string model)
    {
        var marked = Config(model, json =>
        {
            foreach (var part in new[] { json, json["text_config"], json["vision_config"] })
                part?["_attn_implementation_autoset"] = true;
            (json["unsloth_fixed"], json["unsloth_version"]) = (true, "2025.3.19");
        });

        marked.Text.Layers.ShouldBe(Config(model, _ => { }).Text.Layers);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Two_answers_to_whether_the_embeddings_are_tied_are_refused(bool root, bool text)
    {
        void Tie(JsonObject json, bool? outer, bool? inner) => (json["tie_word_embeddings"], json["text_config"]!["tie_word_embeddings"]) = (outer, inner);

        var error = Should.Throw<LabException>(() => Config("qwen3-vl-tiny", json => Tie(json, root, text)));

        error.Message.ShouldMatch($"config.json: tie_word_embeddings is {root} and text_config.tie_word_embeddings is {text}.*lm_head".ToLowerInvariant());
        Config("qwen3-vl-tiny", json => Tie(json, root, null)).TieWordEmbeddings.ShouldBe(root);
        Config("qwen3-vl-tiny", json => Tie(json, null, text)).TieWordEmbeddings.ShouldBe(text);
    }

    private static ModelConfig Config(string model, Action<JsonObject> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden.Model(model), "config.json")))!.AsObject();
        edit(json);
        return ModelConfig.Parse(json.ToJsonString(), "config.json");
    }
}
