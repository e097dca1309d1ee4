using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Compares image processing with golden/qwen/images: sizes, bytes after decoding and resizing, and patches.</summary>
internal sealed class ImageParity(string folder)
{
    public IEnumerable<ParityItem> SmartResizes() => Lines("smart_resize.jsonl").Select((line, n) =>
    {
        var (h, w, factor) = (line.GetProperty("height").GetInt32(), line.GetProperty("width").GetInt32(), line.GetProperty("factor").GetInt32());
        var (min, max) = (line.GetProperty("min_pixels").GetInt64(), line.GetProperty("max_pixels").GetInt64());
        var different = Differs(line.GetProperty("processor"), () => SmartResize.Of(h, w, factor, min, max)) + Differs(line.GetProperty("qwen_vl_utils"), () => SmartResize.OfVisionUtilities(h, w, factor, min, max));
        return ParityItem.Exact($"images/smart_resize.jsonl:{n + 1}", different);
    });

    private static int Differs(JsonElement expected, Func<(int Height, int Width)> compute)
    {
        try
        {
            var (height, width) = compute();
            return expected.ValueKind == JsonValueKind.Array && expected[0].GetInt32() == height && expected[1].GetInt32() == width ? 0 : 1;
        }
        catch (LabException)
        {
            return expected.ValueKind == JsonValueKind.Object ? 0 : 1;
        }
    }

    public IEnumerable<ParityItem> Cases()
    {
        using var tensors = SafetensorsFile.Open(Path.Combine(folder, "pixel_values.safetensors"));
        var n = 0;
        foreach (var line in Lines("cases.jsonl"))
            yield return ParityItem.Exact($"images/cases.jsonl:{++n} ({line.GetProperty("file").GetString()}, {line.GetProperty("input").GetString()})", Case(line, tensors));
    }

    private int Case(JsonElement line, SafetensorsFile tensors)
    {
        var processor = new ImageProcessor(new ImageSettings
        {
            MinPixels = line.GetProperty("min_pixels").GetInt64(),
            MaxPixels = line.GetProperty("max_pixels").GetInt64(),
            PatchSize = line.GetProperty("patch_size").GetInt32(),
            TemporalPatchSize = line.GetProperty("temporal_patch_size").GetInt32(),
            MergeSize = line.GetProperty("merge_size").GetInt32(),
            Mean = [.. line.GetProperty("image_mean").EnumerateArray().Select(e => e.GetSingle())],
            Std = [.. line.GetProperty("image_std").EnumerateArray().Select(e => e.GetSingle())],
        });
        var input = line.GetProperty("input").GetString();
        var image = RgbImage.Read(
            Path.Combine(folder, "files", line.GetProperty("file").GetString()!), turn: input == "exif_transposed", input == "processor_rgb" ? Transparency.OverWhite : Transparency.Drop);
        if (line.TryGetProperty("error", out _))
            return Refused(() => processor.Process(image)) ? 0 : 1;
        var processed = processor.Process(image);
        return Count(
            Sha(image.Pixels) == line.GetProperty("rgb_sha256").GetString(),
            Sha(processor.Resize(image).Pixels) == line.GetProperty("resized_rgb_sha256").GetString(),
            processed.Height == line.GetProperty("resized_height").GetInt32() && processed.Width == line.GetProperty("resized_width").GetInt32(),
            SameGrid(processed.Grid, line),
            SamePixels(processed, line),
            SameTensor(processed, line.GetProperty("tensor").GetString()!, tensors));
    }

    public IEnumerable<ParityItem> SftPath()
    {
        using var tensors = SafetensorsFile.Open(Path.Combine(folder, "sft_path.safetensors"));
        var n = 0;
        foreach (var line in Lines("sft_path.jsonl"))
        {
            n++;
            var file = line.GetProperty("file").GetString()!;
            var settings = ImageSettings.Qwen2VL with { MinPixels = line.GetProperty("min_pixels").GetInt64(), MaxPixels = line.GetProperty("max_pixels").GetInt64() };
            var processor = new ImageProcessor(settings);
            var first = processor.ResizeAsVisionUtilities(RgbImage.Read(Path.Combine(folder, "files", file)));
            var processed = processor.Process(first);
            yield return ParityItem.Exact($"images/sft_path.jsonl:{n} ({file})", Count(
                Sha(first.Pixels) == line.GetProperty("first_rgb_sha256").GetString(), SameGrid(processed.Grid, line), SamePixels(processed, line)));
        }
    }

    /// <summary>Files of JPEG inputs and their decoded pixels.</summary>
    public IEnumerable<ParityItem> Decoded()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "jpeg_decoded.json")));
        foreach (var file in document.RootElement.EnumerateObject())
            yield return ParityItem.Exact($"images/jpeg_decoded.json ({file.Name})", Sha(RgbImage.Read(Path.Combine(folder, "files", file.Name)).Pixels) == file.Value.GetProperty("rgb_sha256").GetString() ? 0 : 1);
    }

    /// <summary>Every image file must be named by a line, or nobody compares it.</summary>
    public void RequireKnownFiles()
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in Directory.EnumerateFiles(folder, "*.jsonl").Select(f => Path.GetFileName(f)).Where(f => f != "smart_resize.jsonl"))
            known.UnionWith(Lines(list).Select(l => l.GetProperty("file").GetString()!));
        if (File.Exists(Path.Combine(folder, "jpeg_decoded.json")))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "jpeg_decoded.json")));
            known.UnionWith(document.RootElement.EnumerateObject().SelectMany(f => new[] { f.Name, f.Value.GetProperty("decoded_png").GetString()! }));
        }
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "files")).Where(f => !known.Contains(Path.GetFileName(f))))
            throw new LabException($"{file} is named by no line of cases.jsonl, sft_path.jsonl or jpeg_decoded.json, so it would go unchecked. Move it away to compare the rest.");
    }

    /// <summary>The pixel values that model cases start from, made again from the images beside them.</summary>
    public static IEnumerable<ParityItem> Inputs(string folder)
    {
        foreach (var (file, settings) in new[] { ("pixels_patch14.safetensors", ImageSettings.Qwen2VL), ("pixels_patch16.safetensors", ImageSettings.Qwen3VL) })
        {
            var path = Path.Combine(folder, file);
            if (!File.Exists(path))
                continue;
            using var stored = SafetensorsFile.Open(path);
            foreach (var name in stored.Entries.Keys.Where(k => !k.EndsWith("_grid_thw", StringComparison.Ordinal)))
                yield return ParityItem.Exact($"inputs/{file}/{name}", InputDiffers(folder, name, settings, stored));
        }
    }

    private static long InputDiffers(string folder, string name, ImageSettings settings, SafetensorsFile stored)
    {
        using var grid = stored.Read($"{name}_grid_thw");
        using var pixels = stored.Read(name);
        var (height, width) = ((int)TensorMemory.Longs(grid)[^2] * settings.PatchSize, (int)TensorMemory.Longs(grid)[^1] * settings.PatchSize);
        // The bounds that led to the stored size are not kept with it: the area is taken as it is.
        var image = RgbImage.Read(Path.Combine(folder, $"{name}.png"));
        var processed = new ImageProcessor(settings).ProcessResized(PillowBicubic.Resize(image, width, height));
        return processed.Pixels.AsSpan().SequenceEqual(TensorMemory.Floats(pixels)) ? 0 : 1;
    }

    private static bool Refused(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (LabException)
        {
            return true;
        }
    }

    private static int Count(params bool[] same) => same.Count(s => !s);

    private static bool SameGrid(PatchGrid grid, JsonElement line)
    {
        var expected = line.GetProperty("image_grid_thw")[0];
        return grid == new PatchGrid(expected[0].GetInt32(), expected[1].GetInt32(), expected[2].GetInt32());
    }

    private static bool SamePixels(ProcessedImage image, JsonElement line) =>
        Sha(MemoryMarshal.AsBytes(image.Pixels.AsSpan())) == line.GetProperty("pixel_values").GetProperty("sha256_f32le").GetString();

    /// <summary>The stored tensor: all of it, or its values at 2,000 scattered places.</summary>
    private static bool SameTensor(ProcessedImage image, string key, SafetensorsFile tensors)
    {
        var full = $"{key}/full";
        using var stored = tensors.Read(tensors.Entries.ContainsKey(full) ? full : $"{key}/sample_value");
        var values = TensorMemory.Floats(stored);
        for (var k = 0; k < values.Length; k++)
        {
            var at = tensors.Entries.ContainsKey(full) ? k : (int)(k * 1000003L % image.Pixels.Length);
            if (BitConverter.SingleToInt32Bits(values[k]) != BitConverter.SingleToInt32Bits(image.Pixels[at]))
                return false;
        }
        return true;
    }

    private static string Sha(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private IEnumerable<JsonElement> Lines(string file) =>
        File.ReadLines(Path.Combine(folder, file)).Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement);
}
