using SggLab.Contracts;

namespace SggLab.Modeling.Tests;

public sealed class ParityFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-parity-test-").FullName;

    [Fact]
    public void An_unknown_file_stops_the_comparison()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "positions"));
        File.WriteAllText(Path.Combine(_folder, "positions", "more.jsonl"), "{}");

        Should.Throw<LabException>(() => ParityFolder.Check(_folder).ToList()).Message.ShouldContain("more.jsonl is not a file that parity knows");
    }

    [Fact]
    public void A_wrong_number_is_found()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "positions"));
        var line = File.ReadLines(Path.Combine(Golden.Model("positions"), "rope_index.jsonl")).First();
        File.WriteAllText(Path.Combine(_folder, "positions", "rope_index.jsonl"), line.Replace("[[[0, 1, 2, 3, 4, 5,", "[[[0, 1, 2, 3, 4, 6,", StringComparison.Ordinal) + "\n");

        var item = ParityFolder.Check(_folder).ShouldHaveSingleItem();

        item.Ok.ShouldBeFalse();
        item.MaxAbsError.ShouldBe(1);
    }

    [Fact]
    public void A_folder_of_the_same_weights_under_newer_names_is_compared_with_its_sibling() =>
        ParityFolder.Check(Golden.Model("qwen2-vl-tiny-nested")).ShouldAllBe(i => i.Ok);

    /// <summary>The layout that tools/write-parity-folder.py writes: fewer files and tensors, and a tolerance of its own.</summary>
    [Fact]
    public void A_folder_that_a_user_wrote_is_compared_within_the_tolerance_it_states()
    {
        const string Name = "qwen2-vl-tiny";
        foreach (var part in new[] { "inputs", "tokenizer", Name })
            Directory.CreateDirectory(Path.Combine(_folder, part));
        foreach (var file in new[] { "a.png", "pixels_patch14.safetensors" })
            File.Copy(Path.Combine(Golden.Root, "inputs", file), Path.Combine(_folder, "inputs", file));
        foreach (var name in new[] { "b.png", "c.png", "d.png" })
            File.Copy(Path.Combine(Golden.Root, "inputs", name), Path.Combine(_folder, "inputs", name));
        File.Copy(Path.Combine(Golden.Root, "tokenizer", "tokenizer.json"), Path.Combine(_folder, "tokenizer", "tokenizer.json"));
        File.WriteAllLines(Path.Combine(_folder, "tokenizer", "encode.jsonl"), File.ReadLines(Path.Combine(Golden.Root, "tokenizer", "encode.jsonl")).Take(3));
        foreach (var file in new[] { "config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors" })
            File.CreateSymbolicLink(Path.Combine(_folder, Name, file), Path.Combine(Golden.Model(Name), file));
        File.WriteAllText(Path.Combine(_folder, Name, "golden.json"), """
            {
              "cases": {"one_image": {"images": ["a.png"], "padding_side": "left", "texts": ["<|im_start|>system\nYou are a helpful and multimodal AI assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>Generate a scene graph.<|im_end|>\n<|im_start|>assistant\n"]}},
              "tolerance": {"states": 0.01, "logits": 0.003}
            }
            """);
        Keep(Name, "forward_one_image.safetensors", "input_ids", "attention_mask", "image_grid_thw", "position_ids", "inputs_embeds_merged", "hidden_after_layer_0", "hidden_after_final_norm", "logits_logsumexp", "logits_max");

        var items = ParityFolder.Check(_folder).ToList();

        items.Where(i => !i.Ok).ShouldBeEmpty();
        items.Single(i => i.Item.EndsWith("hidden_after_layer_0", StringComparison.Ordinal)).Tolerance.ShouldBe(0.01);
        items.Single(i => i.Item.EndsWith("logits_max", StringComparison.Ordinal)).Tolerance.ShouldBe(0.003);
        items.Single(i => i.Item.EndsWith("position_ids", StringComparison.Ordinal)).Tolerance.ShouldBe(0);
        items.Single(i => i.Item.EndsWith("input_ids", StringComparison.Ordinal)).Reason.ShouldBeNull("the texts are compared");
    }

    private void Keep(string model, string file, params string[] names)
    {
        using var golden = SafetensorsFile.Open(Path.Combine(Golden.Model(model), file));
        SafetensorsWriter.Write(Path.Combine(_folder, model, file), names.Where(golden.Entries.ContainsKey).Select(name => KeyValuePair.Create(name, golden.Read(name))));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
