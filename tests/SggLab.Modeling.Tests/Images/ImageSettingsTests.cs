using System.Text;
using SggLab.Contracts;

namespace SggLab.Modeling.Tests;

/// <summary>Image settings as versions of transformers save them mean what transformers reads from them.</summary>
public sealed class ImageSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-images-").FullName;

    [Fact]
    public void The_keys_of_a_fast_image_processor_are_read()
    {
        var settings = Image("""
            {"crop_size": null, "data_format": "channels_first", "default_to_square": true, "device": null, "disable_grouping": null, "do_center_crop": null,
             "do_convert_rgb": true, "do_normalize": true, "do_pad": null, "do_rescale": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5],
             "image_processor_type": "Qwen2VLImageProcessorFast", "image_std": [0.5, 0.5, 0.5], "input_data_format": null, "max_pixels": null, "merge_size": 2,
             "min_pixels": null, "pad_size": null, "patch_size": 16, "processor_class": "Qwen3VLProcessor", "resample": 3, "rescale_factor": 0.00392156862745098,
             "return_tensors": null, "size": {"longest_edge": 16777216, "shortest_edge": 65536}, "some_later_setting": null, "temporal_patch_size": 2}
            """);

        (settings.MinPixels, settings.MaxPixels, settings.PatchSize).ShouldBe((65536, 16777216, 16));
        settings.Mean.ShouldBe([.5f, .5f, .5f]);
    }

    [Theory]
    [InlineData("do_center_crop", "true")]
    [InlineData("do_pad", "true")]
    [InlineData("some_later_setting", "1")]
    public void An_image_setting_that_would_change_pixels_is_refused(string key, string value) =>
        Should.Throw<LabException>(() => Image($$"""{"{{key}}": {{value}}}""")).Message.ShouldContain(key);

    [Fact]
    public void Missing_image_settings_have_the_class_defaults()
    {
        var settings = Image("""{"image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 3136, "max_pixels": 12845056}""");

        (settings.PatchSize, settings.TemporalPatchSize, settings.MergeSize).ShouldBe((14, 2, 2));
        settings.Mean.ShouldBe([0.48145466f, 0.4578275f, 0.40821073f]);
        settings.Std.ShouldBe([0.26862954f, 0.26130258f, 0.27577711f]);
    }

    [Theory]
    [InlineData("""{"min_pixels": 6272, "max_pixels": 31360, "size": {"shortest_edge": 3136, "longest_edge": 12845056}}""", 6272, 31360)]
    [InlineData("""{"max_pixels": 31360, "size": {"shortest_edge": 6272, "longest_edge": 12845056}}""", 6272, 31360)]
    [InlineData("""{"min_pixels": null, "max_pixels": null, "size": {"shortest_edge": 6272, "longest_edge": 31360}}""", 6272, 31360)]
    [InlineData("""{"size": {"min_pixels": 6272, "max_pixels": 31360}}""", 6272, 31360)]
    [InlineData("{}", 3136, 1003520)]
    public void Bounds_beside_size_override_those_in_it(string json, long min, long max)
    {
        var settings = Image(json);

        (settings.MinPixels, settings.MaxPixels).ShouldBe((min, max));
    }

    [Fact]
    public void Image_settings_are_found_in_the_processor_file_of_transformers_5()
    {
        Copy("qwen2-vl-tiny");
        var own = File.ReadAllText(At("preprocessor_config.json"));
        File.Delete(At("preprocessor_config.json"));
        File.WriteAllText(At("processor_config.json"), """{"processor_class": "Qwen2VLProcessor", "video_processor": {"fps": 2}, "image_processor": """ + own + "}");

        PromptProcessor.Load(_folder).Images.Settings.MaxPixels.ShouldBe(12845056);
        new SettingsParity(_folder).Check().Single(i => i.Item.EndsWith("/processor_config.json", StringComparison.Ordinal)).Ok.ShouldBeTrue();
    }

    [Fact]
    public void Two_files_of_different_image_settings_are_refused()
    {
        Copy("qwen2-vl-tiny");
        File.WriteAllText(At("processor_config.json"), """{"image_processor": {"max_pixels": 1003520}}""");

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain("are different image settings");

        File.WriteAllText(At("processor_config.json"), """{"processor_class": "Qwen2VLProcessor"}""");
        PromptProcessor.Load(_folder).Images.Settings.MaxPixels.ShouldBe(12845056);
    }

    [Fact]
    public void A_folder_without_image_settings_is_refused()
    {
        Copy("qwen2-vl-tiny");
        File.Delete(At("preprocessor_config.json"));
        File.WriteAllText(At("processor_config.json"), """{"processor_class": "Qwen2VLProcessor"}""");

        Should.Throw<LabException>(() => PromptProcessor.Load(_folder)).Message.ShouldContain("preprocessor_config.json is missing");
    }

    private static ImageSettings Image(string json) => ImageSettings.Parse(Encoding.UTF8.GetBytes(json), "preprocessor_config.json");

    private string At(string file) => Path.Combine(_folder, file);

    /// <summary>What prompts need, and no weights.</summary>
    private void Copy(string model)
    {
        foreach (var file in new[] { "config.json", "preprocessor_config.json", "tokenizer.json", "chat_template.json" })
            File.Copy(Path.Combine(Golden.Model(model), file), At(file));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
