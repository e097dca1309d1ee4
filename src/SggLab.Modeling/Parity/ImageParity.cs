using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Compares image processing with golden/qwen/images: sizes, bytes after decoding and resizing, and patches.</summary>
internal sealed class ImageParity(string folder)
{
    // Of the values that files keep of large patches: every step-th place, around and around.
    private const long SampleStep = 1_000_003;

    private static readonly string[] ListsOfFiles = ["cases.jsonl", "sft_path.jsonl"];
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg"];

    public IEnumerable<ParityItem> SmartResizes() => Lines("smart_resize.jsonl").Select((line, n) =>
    {
        var (h, w, factor) = (line.Int("height"), line.Int("width"), line.Size("factor"));
        var (min, max) = (line.Long("min_pixels"), line.Long("max_pixels"));
        var different = Differs(line, "processor", () => SmartResize.Of(h, w, factor, min, max)) + Differs(line, "qwen_vl_utils", () => SmartResize.OfVisionUtilities(h, w, factor, min, max));
        line.AllCompared();
        return ParityItem.Exact($"images/smart_resize.jsonl:{n + 1}", different);
    });

    private static int Differs(ConfigObject line, string key, Func<(int Height, int Width)> compute)
    {
        const string Wanted = "[height, width], or an object with the error";
        var size = line.Value(key, Wanted, e => e.ValueKind == JsonValueKind.Array ? e.EnumerateArray().Select(n => n.GetInt32()).ToArray() : e.ValueKind == JsonValueKind.Object ? null : throw new InvalidOperationException());
        if (size is { Length: not 2 })
            throw line.Wrong(key, Wanted);
        try
        {
            var (height, width) = compute();
            return size is not null && size[0] == height && size[1] == width ? 0 : 1;
        }
        catch (LabException)
        {
            return size is null ? 0 : 1;
        }
    }

    public IEnumerable<ParityItem> Cases()
    {
        GoldenFile.Require(folder, "pixel_values.safetensors", "cases.jsonl");
        using var tensors = SafetensorsFile.Open(Path.Combine(folder, "pixel_values.safetensors"));
        var known = new HashSet<string>(StringComparer.Ordinal);
        var n = 0;
        foreach (var line in Lines("cases.jsonl"))
            yield return ParityItem.Exact($"images/cases.jsonl:{++n} ({line.Text("file")}, {line.Text("input")})", Case(line, tensors, known));
        if (n > 0)
            yield return ParityItem.NotCompared("images/cases.jsonl/note, family, pil_mode", "words about a line; its settings and bytes are compared");
        foreach (var item in Batch(tensors, known))
            yield return item;
        tensors.AllCompared(known);
    }

    private int Case(ConfigObject line, SafetensorsFile tensors, HashSet<string> known)
    {
        var processor = new ImageProcessor(new ImageSettings
        {
            MinPixels = line.Long("min_pixels"),
            MaxPixels = line.Long("max_pixels"),
            PatchSize = line.Size("patch_size"),
            TemporalPatchSize = line.Size("temporal_patch_size"),
            MergeSize = line.Size("merge_size"),
            Mean = line.Numbers("image_mean"),
            Std = line.Numbers("image_std"),
        });
        line.Ignore("note", "family", "pil_mode");
        line.Only("input", "convert_rgb", "processor_rgb", "exif_transposed");
        var input = line.Text("input");
        var image = RgbImage.Read(InFiles(line), turn: input == "exif_transposed", input == "processor_rgb" ? Transparency.OverWhite : Transparency.Drop);
        var different = Count(line.Int("width") == image.Width, line.Int("height") == image.Height);
        if (line.Has("error"))
        {
            line.Ignore("error");
            line.AllCompared();
            return different + (Refused(() => processor.Process(image)) ? 0 : 1);
        }
        var processed = processor.Process(image);
        different += Count(
            PixelSums.Hash(image.Pixels) == line.Text("rgb_sha256"),
            PixelSums.Hash(processor.Resize(image).Pixels) == line.Text("resized_rgb_sha256"),
            processed.Height == line.Int("resized_height") && processed.Width == line.Int("resized_width"),
            SameGrid(processed.Grid, line),
            SameTensor(processed, line.Text("tensor"), tensors, known));
        different += PixelSums.Differing(processed, line.Object("pixel_values"));
        line.AllCompared();
        return different;
    }

    /// <summary>Several images in one call of the processor: their patches one after the other. versions.json says which.</summary>
    private IEnumerable<ParityItem> Batch(SafetensorsFile tensors, HashSet<string> known)
    {
        if (!tensors.Entries.ContainsKey("batch/pixel_values"))
            yield break;
        known.UnionWith(["batch/pixel_values", "batch/image_grid_thw"]);
        GoldenFile.Require(folder, "versions.json", "batch/pixel_values");
        var batch = GoldenFile.Read(Path.Combine(folder, "versions.json")).Object("batch_example");
        var processor = new ImageProcessor(ImageSettings.Qwen2VL with { MinPixels = batch.Long("min_pixels"), MaxPixels = batch.Long("max_pixels") });
        var images = batch.Texts("files").Select(file => processor.Process(RgbImage.Read(Path.Combine(folder, "files", file)))).ToList();
        batch.AllCompared();
        using var pixels = tensors.Read("batch/pixel_values");
        using var grids = tensors.Read("batch/image_grid_thw");
        yield return ParityItem.Exact("images/pixel_values.safetensors/batch/pixel_values", images.SelectMany(i => i.Pixels).SequenceEqual(TensorMemory.Floats(pixels).ToArray()));
        yield return ParityItem.Exact("images/pixel_values.safetensors/batch/image_grid_thw", CaseParity.Grids(images, grids));
    }

    public IEnumerable<ParityItem> SftPath()
    {
        GoldenFile.Require(folder, "sft_path.safetensors", "sft_path.jsonl");
        using var tensors = SafetensorsFile.Open(Path.Combine(folder, "sft_path.safetensors"));
        var known = new HashSet<string>(StringComparer.Ordinal);
        var n = 0;
        foreach (var line in Lines("sft_path.jsonl"))
        {
            n++;
            var file = line.Text("file");
            var settings = (line.Has("patch_size") && line.Int("patch_size") == ImageSettings.Qwen3VL.PatchSize ? ImageSettings.Qwen3VL : ImageSettings.Qwen2VL) with { MinPixels = line.Long("min_pixels"), MaxPixels = line.Long("max_pixels") };
            line.Ignore("patch_size");
            var processor = new ImageProcessor(settings);
            var first = processor.ResizeAsVisionUtilities(RgbImage.Read(InFiles(line)));
            var processed = processor.Process(first);
            var different = Count(PixelSums.Hash(first.Pixels) == line.Text("first_rgb_sha256"), SameGrid(processed.Grid, line), line.Ints("first_resize").SequenceEqual([first.Height, first.Width]), SameTensor(processed, file, tensors, known));
            different += PixelSums.Differing(processed, line.Object("pixel_values"));
            line.AllCompared();
            yield return ParityItem.Exact($"images/sft_path.jsonl:{n} ({file})", different);
        }
        tensors.AllCompared(known);
    }

    /// <summary>Files of JPEG inputs and their decoded pixels.</summary>
    public IEnumerable<ParityItem> Decoded()
    {
        var list = GoldenFile.Read(Path.Combine(folder, "jpeg_decoded.json"));
        foreach (var name in list.Keys.ToList())
        {
            var file = list.Object(name);
            var wanted = file.Text("rgb_sha256");
            var different = new[] { name, file.Text("decoded_png") }.Count(f => PixelSums.Hash(RgbImage.Read(InFiles(f, list.File)).Pixels) != wanted);
            file.AllCompared();
            yield return ParityItem.Exact($"images/jpeg_decoded.json ({name})", different);
        }
    }

    /// <summary>Every image file must be named by a line, or nobody compares it.</summary>
    public void RequireKnownFiles()
    {
        var files = Path.Combine(folder, "files");
        if (!Directory.Exists(files))
            return;
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in ListsOfFiles.Where(f => File.Exists(Path.Combine(folder, f))))
            known.UnionWith(Lines(list).Select(l => l.Text("file")));
        if (File.Exists(Path.Combine(folder, "jpeg_decoded.json")))
        {
            var list = GoldenFile.Read(Path.Combine(folder, "jpeg_decoded.json"));
            known.UnionWith(list.Keys.SelectMany(name => new[] { name, list.Object(name).Text("decoded_png") }).ToList());
        }
        foreach (var file in Directory.EnumerateFiles(files).Where(f => !known.Contains(Path.GetFileName(f))))
            throw new LabException($"{file} is named by no line of cases.jsonl, sft_path.jsonl or jpeg_decoded.json, so it would go unchecked. Move it away to compare the rest.");
    }

    private string InFiles(ConfigObject line) => InFiles(line.Text("file"), line.File);

    private string InFiles(string name, string asker) => File.Exists(Path.Combine(folder, "files", name))
        ? Path.Combine(folder, "files", name)
        : throw new LabException($"{asker} names the image {name}, which is missing in {Path.Combine(folder, "files")}.");

    /// <summary>The pixel values that model cases start from, made again from the images beside them.</summary>
    public static IEnumerable<ParityItem> Inputs(string folder)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (file, settings) in new[] { ("pixels_patch14.safetensors", ImageSettings.Qwen2VL), ("pixels_patch16.safetensors", ImageSettings.Qwen3VL) })
        {
            var path = Path.Combine(folder, file);
            if (!File.Exists(path))
                continue;
            using var stored = SafetensorsFile.Open(path);
            foreach (var name in stored.Entries.Keys.Where(k => !k.EndsWith("_grid_thw", StringComparison.Ordinal)))
                yield return ParityItem.Exact($"inputs/{file}/{name}", InputDiffers(Image(folder, name, path, used), name, settings, stored));
            stored.AllCompared(stored.Entries.Keys.Where(k => !k.EndsWith("_grid_thw", StringComparison.Ordinal)).SelectMany(k => new[] { k, $"{k}_grid_thw" }).ToHashSet(StringComparer.Ordinal));
        }
        foreach (var image in Directory.EnumerateFiles(folder).Where(f => IsImage(f) && !used.Contains(f)))
            throw new LabException($"{image} has no patches in pixels_patch14.safetensors or pixels_patch16.safetensors, so it would go unchecked. Move it away to compare the rest.");
    }

    public static bool IsImage(string file) => Extensions.Contains(Path.GetExtension(file));

    private static string Image(string folder, string name, string asker, HashSet<string> used)
    {
        var file = Extensions.Select(extension => Path.Combine(folder, name + extension)).FirstOrDefault(File.Exists)
            ?? throw new LabException($"{asker} holds patches of {name}, but {folder} has no {name}.png or {name}.jpg.");
        used.Add(file);
        return file;
    }

    private static long InputDiffers(string image, string name, ImageSettings settings, SafetensorsFile stored)
    {
        using var grid = stored.Read($"{name}_grid_thw");
        using var pixels = stored.Read(name);
        var (height, width) = ((int)TensorMemory.Longs(grid)[^2] * settings.PatchSize, (int)TensorMemory.Longs(grid)[^1] * settings.PatchSize);
        // The bounds that led to the stored size are not kept with it: the area is taken as it is.
        var processed = new ImageProcessor(settings).ProcessResized(PillowBicubic.Resize(RgbImage.Read(image), width, height));
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

    private static bool SameGrid(PatchGrid grid, ConfigObject line) =>
        line.Value("image_grid_thw", "[[frames, height, width]]", e => e.GetArrayLength() == 1 && e[0].EnumerateArray().Select(n => n.GetInt32()).SequenceEqual([grid.Frames, grid.Height, grid.Width]));

    /// <summary>The stored tensor: all of it, or its values at some scattered places.</summary>
    private static bool SameTensor(ProcessedImage image, string key, SafetensorsFile tensors, HashSet<string> known)
    {
        var full = tensors.Entries.ContainsKey($"{key}/full");
        var name = full ? $"{key}/full" : $"{key}/sample_value";
        known.Add(name);
        using var stored = tensors.Read(name);
        var values = TensorMemory.Floats(stored);
        if (full && values.Length != image.Pixels.Length)
            return false;
        for (var k = 0; k < values.Length; k++)
        {
            var at = full ? k : (int)(k * SampleStep % image.Pixels.Length);
            if (BitConverter.SingleToInt32Bits(values[k]) != BitConverter.SingleToInt32Bits(image.Pixels[at]))
                return false;
        }
        return true;
    }

    private IEnumerable<ConfigObject> Lines(string file) => GoldenFile.Lines(Path.Combine(folder, file));
}
