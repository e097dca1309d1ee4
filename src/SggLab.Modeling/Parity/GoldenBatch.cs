using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>Builds our own batch from the ids and images of a golden case, ignoring the positions and grids it states.</summary>
internal static class GoldenBatch
{
    public static ModelBatch Of(Qwen2VLModel model, SafetensorsFile reference, IReadOnlyList<ProcessedImage> images)
    {
        using var scope = NewDisposeScope();
        var ids_BT = reference.Read("input_ids");
        return Of(model, ids_BT, reference.Entries.ContainsKey("attention_mask") ? reference.Read("attention_mask") : ones_like(ids_BT), images);
    }

    /// <summary>The images of a case: stored patches of the inputs, or a photo processed here.</summary>
    public static List<ProcessedImage> Images(Qwen2VLModel model, GoldenCases golden, GoldenCase one) =>
        one.Photo is { } photo ? [Process(golden.Folder, photo)] : Inputs(golden.Folder, model, one.Images);

    /// <summary>The ids of each row without its padding.</summary>
    public static List<int[]> RealIds(Tensor ids_BT, Tensor mask_BT) =>
        [.. Enumerable.Range(0, (int)ids_BT.size(0)).Select(b => ids_BT[b][mask_BT[b].to_type(ScalarType.Bool)].data<long>().Select(i => (int)i).ToArray())];

    /// <param name="images">One after the other as the image tokens of all rows use them.</param>
    /// <param name="labels_BT">Scored tokens, or null.</param>
    public static ModelBatch Of(Qwen2VLModel model, Tensor ids_BT, Tensor mask_BT, IReadOnlyList<ProcessedImage> images, Tensor? labels_BT = null)
    {
        var rows = Rows(model, ids_BT, mask_BT, images, labels_BT);
        return ModelBatch.Of(model, rows, padLeft: rows.Count > 0 && mask_BT.select(1, 0).min().item<long>() == 0);
    }

    public static List<BatchRow> Rows(Qwen2VLModel model, Tensor ids_BT, Tensor mask_BT, IReadOnlyList<ProcessedImage> images, Tensor? labels_BT = null)
    {
        var rows = new List<BatchRow>();
        var used = 0;
        var all = RealIds(ids_BT, mask_BT);
        for (var b = 0; b < all.Count; b++)
        {
            var ids = all[b];
            var tokens = ids.Count(i => i == model.Config.ImageTokenId);
            var mine = new List<ProcessedImage>();
            while (tokens > 0 && used < images.Count)
            {
                tokens -= images[used].Grid.Tokens(model.Config.Vision.MergeSize);
                mine.Add(images[used++]);
            }
            var labels = labels_BT?[b][mask_BT[b].to_type(ScalarType.Bool)].data<long>().Select(i => (int)i).ToArray();
            rows.Add(new BatchRow { Ids = ids, Images = mine, Labels = labels });
        }
        return rows;
    }

    /// <summary>The stored pixel values of the golden input images.</summary>
    public static List<ProcessedImage> Inputs(string folder, Qwen2VLModel model, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return [];
        var path = Path.Combine(folder, "..", "inputs", $"pixels_patch{model.Config.Vision.PatchSize}.safetensors");
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        var images = new Dictionary<string, ProcessedImage>(StringComparer.Ordinal);
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            if (!file.Entries.ContainsKey(Path.GetFileNameWithoutExtension(name)))
                throw new LabException($"{path} holds no patches of {name}, which a case of {folder} shows.");
            var grid = file.Read($"{Path.GetFileNameWithoutExtension(name)}_grid_thw").data<long>().ToArray();
            var pixels = file.Read(Path.GetFileNameWithoutExtension(name));
            images[name] = new ProcessedImage
            {
                Pixels = pixels.data<float>().ToArray(),
                Grid = new PatchGrid((int)grid[^3], (int)grid[^2], (int)grid[^1]),
                PatchValues = (int)pixels.size(1),
                Width = (int)grid[^1] * model.Config.Vision.PatchSize,
                Height = (int)grid[^2] * model.Config.Vision.PatchSize,
            };
        }
        return [.. names.Select(n => images[n])];
    }

    private static ProcessedImage Process(string folder, GoldenPhoto photo)
    {
        var processor = new ImageProcessor(ImageSettings.In(folder, ModelFolder.SettingsIn(folder)).Settings).With(photo.MinPixels, photo.MaxPixels);
        return processor.Process(RgbImage.Read(Path.Combine(folder, "..", photo.File)));
    }

    /// <summary>[B,T], 1 where a token stands and 0 at padding.</summary>
    public static Tensor RealTokens(this ModelBatch batch)
    {
        var real = new long[batch.Rows * batch.Length];
        for (var b = 0; b < batch.Rows; b++)
            Array.Fill(real, 1, b * batch.Length + batch.Offsets[b], batch.Lengths[b]);
        return tensor(real, [batch.Rows, batch.Length]);
    }

    /// <summary>For each row the largest position + 1 - the tokens.</summary>
    public static int[] Deltas(this ModelBatch batch)
    {
        var largest = batch.Positions.amax(0).amax(1).data<long>().ToArray();
        return [.. largest.Select((p, b) => (int)p + 1 - batch.Lengths[b])];
    }
}
