using System.Text.Json.Nodes;
using SggLab.Contracts;

namespace SggLab.Modeling.Tests;

/// <summary>Whatever a golden folder claims is compared, or named: nothing passes because nobody looked.</summary>
public sealed class UncheckedClaimTests : IDisposable
{
    private const string Model = "qwen2-vl-tiny";
    private static readonly string[] ModelFiles = ["config.json", "golden.json", "tokenizer.json", "model.safetensors"];

    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-claims-").FullName;

    public UncheckedClaimTests()
    {
        // Links: model folders look for inputs and photos beside them.
        foreach (var part in new[] { "inputs", "images" })
            Directory.CreateSymbolicLink(Path.Combine(_folder, part), Golden.Model(part));
        Directory.CreateDirectory(At(""));
        foreach (var file in ModelFiles)
            Take(file);
    }

    [Theory]
    [InlineData("training.safetensors")]
    [InlineData("generation.safetensors")]
    [InlineData("lora.safetensors")]
    [InlineData("grpo.safetensors")]
    [InlineData("training.json")]
    public void A_file_without_the_one_it_is_read_with_is_refused(string file)
    {
        Take(file);

        Refusal().ShouldContain($"{file} is compared together with");
    }

    [Fact]
    public void An_adapter_whose_outputs_nothing_states_is_refused()
    {
        Directory.CreateDirectory(At("adapter"));

        Refusal().ShouldContain("neither lora.json nor grpo.json");
    }

    [Theory]
    [InlineData("tokenizer.json", "{bad", "tokenizer.json")]
    [InlineData("tokenizer_config.json", "{bad", "tokenizer_config.json is not valid JSON")]
    [InlineData("vocab.json", "[]", "vocab.json holds a JSON Array")]
    [InlineData("generation_config.json", "{bad", "generation_config.json is not valid JSON")]
    [InlineData("preprocessor_config.json", """{"patch_size": 0}""", "preprocessor_config.json: patch_size is 0")]
    [InlineData("chat_template.json", "{}", "chat_template.json lacks the key chat_template")]
    [InlineData("golden.json", "{}", "golden.json lacks the key cases")]
    [InlineData("golden.json", """{"cases": {}, "extra": 1}""", "the key extra (= 1) is unknown, so nothing compares it")]
    [InlineData("golden.json", """{"cases": {"a": {"images": [], "texts": 3}}}""", "cases.a.texts is 3")]
    [InlineData("strange.json", "{}", "strange.json is not a file that parity knows")]
    public void A_file_that_cannot_be_read_is_named(string file, string content, string message)
    {
        Write(file, content);

        Refusal().ShouldContain(message);
    }

    [Theory]
    [InlineData("merges.txt", "a b\n")]
    [InlineData("vocab.json", """{"a": 64}""")]
    [InlineData("added_tokens.json", """{"<|im_end|>": 3}""")]
    [InlineData("special_tokens_map.json", """{"eos_token": "<eos>"}""")]
    [InlineData("chat_template.json", """{"chat_template": "{{ messages }}"}""")]
    public void A_file_that_contradicts_the_tokenizer_is_not_ok(string file, string content)
    {
        Write(file, content);

        Failed().ShouldBe([$"{Model}/{file}"]);
    }

    [Fact]
    public void Texts_of_a_template_that_is_not_known_are_not_compared()
    {
        Write("chat_template.json", """{"chat_template": "{{ messages }}"}""");

        ParityFolder.Check(At("")).First(i => i.Item.EndsWith("/texts", StringComparison.Ordinal)).Reason.ShouldBe("the folder's chat template is not one that is rendered here");
    }

    [Fact]
    public void Texts_follow_from_messages_and_ids_from_texts()
    {
        Take("forward_text_only.safetensors");
        Failed().ShouldBeEmpty();

        Edit("golden.json", json => json["cases"]!["text_only"]!["texts"]![0] = "other");

        Failed().ShouldBe([$"{Model}/forward_text_only.safetensors/input_ids", $"{Model}/golden.json/cases/text_only/texts"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("mm_token_type_ids")]
    [InlineData("image_grid_thw")]
    [InlineData("input_ids")]
    [InlineData("attention_mask")]
    public void What_went_into_a_forward_pass_is_compared(string tensor)
    {
        Damage("forward_two_images.safetensors", tensor);

        Failed().ShouldContain($"{Model}/forward_two_images.safetensors/{tensor}");
    }

    [Theory]
    [InlineData(1e-4, 1)]
    [InlineData(1e3, 0)]
    public void Another_token_on_top_counts_where_logits_differ_by_more_than_their_tolerance(double tolerance, int different)
    {
        Damage("forward_two_images.safetensors", "logits_argmax");
        Edit("golden.json", json => json["tolerance"] = new JsonObject { ["logits"] = tolerance });

        ParityFolder.Check(At("")).Single(i => i.Item.EndsWith("/logits_argmax", StringComparison.Ordinal)).MaxAbsError.ShouldBe(different);
    }

    [Fact]
    public void A_case_that_golden_json_does_not_know_is_named()
    {
        Take("forward_text_only.safetensors", "forward_three.safetensors");

        Refusal().ShouldContain("golden.json has no case \"three\"");
    }

    [Theory]
    [InlineData("other", """{"loss": [1]}""", "the key other")]
    [InlineData("labels_r1sgg/three_batches", """{"loss": [1]}""", "the run labels_r1sgg/three_batches")]
    [InlineData("optimizer", "null", "optimizer is null")]
    [InlineData("optimizer", """{"name": "SGD"}""", "optimizer")]
    public void A_training_run_that_is_not_known_is_named(string key, string value, string message)
    {
        Take("forward_right_padded.safetensors");
        Take("training.safetensors");
        Take("training.json");
        Edit("training.json", json =>
        {
            foreach (var run in json.Select(p => p.Key).Where(k => k != "optimizer").ToList())
                json.Remove(run);
            json[key] = JsonNode.Parse(value);
            if (key == "optimizer")
                json["labels_r1sgg/full_batch"] = JsonNode.Parse("""{"loss": [1], "grad_norm": [1]}""");
        });

        Refusal().ShouldContain(message);
    }

    [Theory]
    [InlineData("num_beams", "4", "num_beams is 4")]
    [InlineData("min_p", "0.1", "min_p (= 0.1) is unknown")]
    public void A_way_to_generate_that_is_not_known_is_named(string key, string value, string message)
    {
        Take("forward_left_padded.safetensors");
        Take("generation.safetensors");
        Take("generation.json");
        Edit("generation.json", json => json["settings"]!["greedy"]![key] = JsonNode.Parse(value));

        Refusal().ShouldContain(message);
    }

    [Theory]
    [InlineData("rope_index.jsonl", "{bad", "rope_index.jsonl:1 is not valid JSON")]
    [InlineData("rope_index.jsonl", "[1]", "rope_index.jsonl:1 holds a JSON Array")]
    [InlineData("rope_index.jsonl", """{"token_types": [[0]], "attention_mask": [[1]], "rope_deltas": [[0]], "position_ids": [[[0]]], "image_grid_thw": []}""", "rope_index.jsonl:1: token_types")]
    [InlineData("windows.jsonl", """{"image_grid_thw": [[1, 4]]}""", "windows.jsonl:1: image_grid_thw is [[1, 4]]")]
    [InlineData("windows.jsonl", """{"image_grid_thw": [[1, 4, 4]]}""", "windows.jsonl:1 lacks the key window_size")]
    public void A_malformed_line_is_named(string file, string line, string message)
    {
        var positions = Directory.CreateDirectory(Path.Combine(_folder, "apart", "positions")).FullName;
        File.WriteAllText(Path.Combine(positions, file), line + "\n");

        Should.Throw<LabException>(() => ParityFolder.Check(Path.Combine(_folder, "apart")).ToList()).Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("sft_path.safetensors")]
    [InlineData("pixel_values.safetensors")]
    public void Stored_patches_are_compared_value_by_value(string file)
    {
        var images = Directory.CreateDirectory(Path.Combine(_folder, "apart", "images")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(images, "files"), Path.Combine(Golden.Model("images"), "files"));
        foreach (var kept in new[] { "cases.jsonl", "sft_path.jsonl", "jpeg_decoded.json", "versions.json", "sft_path.safetensors", "pixel_values.safetensors" })
            File.Copy(Path.Combine(Golden.Model("images"), kept), Path.Combine(images, kept));
        Zero(Path.Combine(images, file));

        var failed = ParityFolder.Check(Path.Combine(_folder, "apart")).Where(i => !i.Ok).ToList();

        failed.Count.ShouldBeGreaterThan(20);
        failed.ShouldAllBe(i => i.Item.Contains(file == "sft_path.safetensors" ? "sft_path" : "images/", StringComparison.Ordinal));
    }

    [Fact]
    public void An_input_image_without_patches_is_refused()
    {
        var inputs = Directory.CreateDirectory(Path.Combine(_folder, "apart", "inputs")).FullName;
        File.Copy(Path.Combine(Golden.Root, "inputs", "a.png"), Path.Combine(inputs, "z.png"));

        Should.Throw<LabException>(() => ParityFolder.Check(Path.Combine(_folder, "apart")).ToList()).Message.ShouldContain("z.png has no patches");
    }

    [Fact]
    public void A_tokenizer_that_nothing_is_said_about_is_refused()
    {
        var tokenizer = Directory.CreateDirectory(Path.Combine(_folder, "apart", "tokenizer")).FullName;
        File.Copy(Path.Combine(Golden.Root, "tokenizer", "tokenizer.json"), Path.Combine(tokenizer, "tokenizer.json"));

        Should.Throw<LabException>(() => ParityFolder.Check(Path.Combine(_folder, "apart")).ToList()).Message.ShouldContain("nothing to compare the tokenizer with");
    }

    private string At(string file) => Path.Combine(_folder, Model, file);

    private void Take(string file, string? under = null) => File.Copy(Path.Combine(Golden.Model(Model), file), At(under ?? file));

    private void Write(string file, string content) => File.WriteAllText(At(file), content);

    private string Refusal() => Should.Throw<LabException>(() => ParityFolder.Check(At("")).ToList()).Message;

    private List<string> Failed() => [.. ParityFolder.Check(At("")).Where(i => !i.Ok).Select(i => i.Item)];

    private void Edit(string file, Action<JsonObject> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(At(file)))!.AsObject();
        edit(json);
        File.WriteAllText(At(file), json.ToJsonString());
    }

    /// <summary>Adds one to the last element.</summary>
    private void Damage(string file, string tensor)
    {
        using var golden = SafetensorsFile.Open(Path.Combine(Golden.Model(Model), file));
        SafetensorsWriter.Write(At(file), golden.Entries.Keys.Select(name =>
        {
            var read = golden.Read(name);
            if (name == tensor)
                TensorMemory.Longs(read)[^1] += 1;
            return KeyValuePair.Create(name, read);
        }));
    }

    private static void Zero(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var start = 8 + (int)BitConverter.ToInt64(bytes);
        Array.Clear(bytes, start, bytes.Length - start);
        File.WriteAllBytes(file, bytes);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
