using SggLab.Contracts;
using TorchSharp;

namespace SggLab.Modeling.Tests;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("sgglab-models-").FullName;

    [Theory]
    [InlineData("qwen2-vl-tiny")]
    [InlineData("qwen3-vl-tiny")]
    [InlineData("qwen2-vl-tiny-nested")]
    public void A_folder_saved_as_it_was_has_the_bytes_of_the_published_one(string name)
    {
        var saved = Path.Combine(_work, "saved");
        using (var model = Qwen2VLModel.Load(Golden.Model(name), name == "qwen2-vl-tiny" ? TorchSharp.torch.ScalarType.Float32 : TorchSharp.torch.ScalarType.BFloat16))
            model.Save(saved);

        File.ReadAllBytes(Path.Combine(saved, "model.safetensors")).ShouldBe(File.ReadAllBytes(Path.Combine(Golden.Model(name), "model.safetensors")));
        if (name != "qwen2-vl-tiny-nested") // That one holds bfloat16 weights although its configuration says float32.
            File.ReadAllBytes(Path.Combine(saved, "config.json")).ShouldBe(File.ReadAllBytes(Path.Combine(Golden.Model(name), "config.json")));
    }

    [Fact]
    public void Random_weights_depend_on_the_seed_alone()
    {
        foreach (var (name, seed) in new[] { ("a", 5), ("b", 5), ("c", 6) })
            ModelInit.Write(Path.Combine(Golden.Model("qwen2-vl-tiny"), "config.json"), seed, Path.Combine(_work, name));

        var (a, b, c) = (Weights("a"), Weights("b"), Weights("c"));
        b.ShouldBe(a);
        c.ShouldNotBe(a);
        using var model = Qwen2VLModel.Load(Path.Combine(_work, "a"));
        model.Weights["model.embed_tokens.weight"].std().item<float>().ShouldBe(.02f, .0005f);
        PromptProcessor.Load(Path.Combine(_work, "a")).Tokenizer.VocabularySize.ShouldBe(1500);

        byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(_work, folder, "model.safetensors"));
    }

    [Fact]
    public void A_new_model_takes_the_tokenizer_of_another_folder_where_it_fits()
    {
        var config = Path.Combine(_work, "small.json");
        var text = File.ReadAllText(Path.Combine(Golden.Model("qwen2-vl-tiny"), "config.json"));
        File.WriteAllText(config, text);
        ModelInit.Write(config, 1, Path.Combine(_work, "new"), Golden.Model("qwen2-vl-tiny"));

        PromptProcessor.Load(Path.Combine(_work, "new")).Tokenizer.VocabularySize.ShouldBe(1500);
        File.WriteAllText(config, System.Text.RegularExpressions.Regex.Replace(text, "\"vocab_size\": \\d+", "\"vocab_size\": 1499"));
        Should.Throw<LabException>(() => ModelInit.Write(config, 1, Path.Combine(_work, "other"), Golden.Model("qwen2-vl-tiny"))).Message
            .ShouldContain("tokenizer.json has ids up to 1499, but config.json's vocab_size is 1499");
        Should.Throw<LabException>(() => ModelInit.Write(config, 1, Path.Combine(_work, "other"), _work)).Message.ShouldContain($"{_work} has no tokenizer.json");
        Directory.Exists(Path.Combine(_work, "other")).ShouldBeFalse();
    }

    [Fact]
    public void A_saved_folder_holds_settings_and_weights_and_nothing_about_other_weights()
    {
        using var model = Qwen2VLModel.Load(Golden.Model("qwen2-vl-tiny"));
        model.Save(Path.Combine(_work, "saved"));

        Directory.GetFiles(Path.Combine(_work, "saved")).Select(f => Path.GetFileName(f)).ShouldBe(
            ["chat_template.json", "config.json", "generation_config.json", "merges.txt", "model.safetensors", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json"], ignoreOrder: true);
    }

    [Fact]
    public void A_model_is_never_saved_over_another()
    {
        using var model = Qwen2VLModel.Load(Golden.Model("qwen2-vl-tiny"));
        model.Save(Path.Combine(_work, "one"));

        Should.Throw<LabException>(() => model.Save(Path.Combine(_work, "one"))).Message.ShouldContain("not empty");
    }

    public void Dispose() => Directory.Delete(_work, recursive: true);
}
