using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>What preprocessor_config.json says, or the image_processor of processor_config.json, where transformers 5 saves it.</summary>
public sealed record ImageSettings
{
    private const string Own = "preprocessor_config.json";
    private const string Shared = "processor_config.json";

    /// <summary>The smallest area in pixels; smaller images are enlarged.</summary>
    public required long MinPixels { get; init; }
    /// <summary>The largest area in pixels; larger images are shrunk.</summary>
    public required long MaxPixels { get; init; }
    /// <summary>Side of a patch in pixels.</summary>
    public required int PatchSize { get; init; }
    public required int TemporalPatchSize { get; init; }
    /// <summary>Side, in patches, of the square that becomes one token.</summary>
    public required int MergeSize { get; init; }
    /// <summary>Of red, green and blue, subtracted from values between 0 and 1.</summary>
    public required float[] Mean { get; init; }
    public required float[] Std { get; init; }

    /// <summary>The settings published with Qwen2-VL and Qwen2.5-VL.</summary>
    public static ImageSettings Qwen2VL { get; } = new()
    {
        MinPixels = 56 * 56,
        MaxPixels = 12845056,
        PatchSize = 14,
        TemporalPatchSize = 2,
        MergeSize = 2,
        Mean = [0.48145466f, 0.4578275f, 0.40821073f],
        Std = [0.26862954f, 0.26130258f, 0.27577711f],
    };

    /// <summary>The settings published with Qwen3-VL.</summary>
    public static ImageSettings Qwen3VL { get; } = new()
    {
        MinPixels = 65536,
        MaxPixels = 16777216,
        PatchSize = 16,
        TemporalPatchSize = 2,
        MergeSize = 2,
        Mean = [.5f, .5f, .5f],
        Std = [.5f, .5f, .5f],
    };

    /// <summary>Sides are multiples of this.</summary>
    public int Factor => PatchSize * MergeSize;

    /// <summary>Whether the files of a folder say how images are cut.</summary>
    public static bool AreIn(ModelFolder folder) =>
        folder.Files.ContainsKey(Own) || (folder.Files.TryGetValue(Shared, out var json) && ParseShared(json, Path.Combine(folder.Path, Shared)) is not null);

    /// <summary>The settings in the files of a folder, and the path of the one that holds them.</summary>
    /// <exception cref="LabException">None of them holds any, two hold different ones, or <see cref="Parse"/> refuses them.</exception>
    internal static (ImageSettings Settings, string File) In(string folder, IReadOnlyDictionary<string, byte[]> files)
    {
        var (path, sharedPath) = (Path.Combine(folder, Own), Path.Combine(folder, Shared));
        var shared = files.TryGetValue(Shared, out var json) ? ParseShared(json, sharedPath) : null;
        if (!files.TryGetValue(Own, out json))
            return shared is null ? throw new LabException($"{path} is missing: how images are cut into patches is not known.") : (shared, sharedPath);
        var own = Parse(json, path);
        // transformers 5 would take the shared file and transformers 4 the other one.
        if (shared is not null && !own.IsSame(shared))
            throw new LabException($"{path} and the image_processor of {sharedPath} are different image settings. Remove the one that the model was not trained with.");
        return (own, path);
    }

    /// <summary>The settings in a processor_config.json; null where it has none (transformers 4).</summary>
    internal static ImageSettings? ParseShared(byte[] json, string file) =>
        Parse(json, file, root => root.Has("image_processor") ? Read(root.Object("image_processor")) : null);

    /// <exception cref="LabException">A key is unknown, or asks for something unsupported.</exception>
    public static ImageSettings Parse(byte[] json, string file) => Parse(json, file, Read);

    private bool IsSame(ImageSettings other) =>
        other with { Mean = Mean, Std = Std } == this && Mean.AsSpan().SequenceEqual(other.Mean) && Std.AsSpan().SequenceEqual(other.Std);

    private static T Parse<T>(byte[] json, string file, Func<ConfigObject, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return read(ConfigObject.Root(document, file));
        }
        catch (JsonException e)
        {
            throw new LabException($"{file} is not valid JSON: {e.Message}");
        }
    }

    /// <summary>Missing and null keys mean what they mean in transformers' Qwen2VLImageProcessor, which is Qwen3-VL's too.</summary>
    private static ImageSettings Read(ConfigObject root)
    {
        root.IgnoreNulls();
        root.Ignore("image_processor_type", "processor_class", "feature_extractor_type", "_processor_class", "data_format", "device", "return_tensors", "input_data_format", "disable_grouping", "video_processor_type", "_valid_kwargs_names", "model_input_names", "max_frames", "min_frames", "fps");
        // Keys that every fast processor writes: this one crops and pads nothing.
        root.Ignore("default_to_square", "crop_size", "pad_size");
        root.Only("do_center_crop", "false");
        root.Only("do_pad", "false");
        root.Only("do_resize", "true");
        root.Only("do_rescale", "true");
        root.Only("do_normalize", "true");
        root.Only("do_convert_rgb", "true");
        root.Only("resample", "3");
        root.Only("rescale_factor", "0.00392156862745098");
        var (min, max) = (root.Int("min_pixels", 0), root.Int("max_pixels", 0));
        if (root.Has("size"))
        {
            var size = root.Object("size");
            // Newer files call the two areas edges; whatever they are called, the keys beside size take precedence over it.
            var (least, most) = (size.Int("shortest_edge", size.Int("min_pixels", 0)), size.Int("longest_edge", size.Int("max_pixels", 0)));
            (min, max) = (root.Has("min_pixels") ? min : least, root.Has("max_pixels") ? max : most);
            size.IgnoreNulls();
            size.Done();
        }
        var settings = new ImageSettings
        {
            MinPixels = min > 0 ? min : 56 * 56,
            MaxPixels = max > 0 ? max : 28 * 28 * 1280,
            PatchSize = root.Size("patch_size", 14),
            TemporalPatchSize = root.Size("temporal_patch_size", 2),
            MergeSize = root.Size("merge_size", 2),
            Mean = root.Numbers("image_mean", Qwen2VL.Mean),
            Std = root.Numbers("image_std", Qwen2VL.Std),
        };
        if (settings.Mean.Length != 3 || settings.Std.Length != 3 || settings.Std.Any(s => s == 0) || settings.Mean.Concat(settings.Std).Any(s => !float.IsFinite(s)))
            throw root.Wrong("image_std", "three numbers other than 0 that an f32 holds, and as many for image_mean");
        if (settings.MinPixels > settings.MaxPixels)
            throw root.Wrong("min_pixels", $"at most max_pixels ({settings.MaxPixels})");
        root.Done();
        return settings;
    }
}
