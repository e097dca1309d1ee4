using SggLab.Contracts;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>One sequence of a batch: a prompt, or a prompt with its answer.</summary>
public sealed record BatchRow
{
    /// <summary>Token ids with every image expanded to its image tokens.</summary>
    public required int[] Ids { get; init; }
    /// <summary>The images in the order of the text. Rows that share an image object share its encoding too.</summary>
    public required IReadOnlyList<ProcessedImage> Images { get; init; }
    /// <summary>For each token what it should have been predicted as, or <see cref="Ignored"/>; null scores nothing.</summary>
    public int[]? Labels { get; init; }

    /// <summary>The label of a token that is not scored.</summary>
    public const int Ignored = -100;

    /// <summary>A prompt followed by a completion; only the completion's tokens are scored.</summary>
    public static BatchRow Of(ProcessedPrompt prompt, ReadOnlySpan<int> completion)
    {
        var labels = new int[prompt.Ids.Length + completion.Length];
        Array.Fill(labels, Ignored, 0, prompt.Ids.Length);
        completion.CopyTo(labels.AsSpan(prompt.Ids.Length));
        return new BatchRow { Ids = [.. prompt.Ids, .. completion], Images = prompt.Images, Labels = labels };
    }
}

/// <summary>
/// Sequences side by side as tensors. Padding on the right (the default) needs no mask, since a token never looks ahead;
/// on the left it does.
/// </summary>
public sealed class ModelBatch : IDisposable
{
    private ModelBatch()
    {
    }

    /// <summary>[B,T] i64.</summary>
    public required Tensor InputIds { get; init; }
    /// <summary>[3,B,T] i64: time, height, width; 0 at padding.</summary>
    public required Tensor Positions { get; init; }
    /// <summary>[B,1,T,T], true where a token may look; null where causality alone decides.</summary>
    public required Tensor? Mask { get; init; }
    /// <summary>Patches of the distinct images, [N,P] f32, or null without images.</summary>
    public required Tensor? Pixels { get; init; }
    public required IReadOnlyList<PatchGrid> Grids { get; init; }
    /// <summary>Flat places (row * T + token) of the image tokens, i64.</summary>
    public required Tensor? ImagePlaces { get; init; }
    /// <summary>For each image token, the row of the vision tower's output that goes there, i64; null where that is the order itself.</summary>
    public required Tensor? ImageSources { get; init; }
    /// <summary>Flat places of the tokens whose successor is scored, row after row, i64; empty without labels.</summary>
    public required Tensor ScoredPlaces { get; init; }
    /// <summary>The ids those successors should be, i64.</summary>
    public required Tensor Labels { get; init; }
    /// <summary>Scored tokens of each row.</summary>
    public required int[] ScoredCounts { get; init; }
    public required int Rows { get; init; }
    public required int Length { get; init; }
    /// <summary>Tokens before each row, when padded on the left.</summary>
    public required int[] Offsets { get; init; }
    /// <summary>Tokens of each row without padding.</summary>
    public required int[] Lengths { get; init; }

    /// <exception cref="LabException">A row is longer than the model's context, has an id outside its vocabulary, or other images than image tokens.</exception>
    public static ModelBatch Of(Qwen2VLModel model, IReadOnlyList<BatchRow> rows, int padId = 0, bool padLeft = false)
    {
        using var scope = NewDisposeScope();
        var config = model.Config;
        var length = rows.Max(r => r.Ids.Length);
        var ids = new long[rows.Count * length];
        Array.Fill(ids, padId);
        var positions = new long[3 * rows.Count * length];
        var images = new Dictionary<ProcessedImage, int>(ReferenceEqualityComparer.Instance);
        var (distinct, firstToken, tokens) = (new List<ProcessedImage>(), new List<int>(), 0);
        var (places, sources, scored, labels) = (new List<long>(), new List<long>(), new List<long>(), new List<long>());
        var (counts, offsets) = (new int[rows.Count], new int[rows.Count]);
        for (var r = 0; r < rows.Count; r++)
        {
            var row = rows[r];
            Check(config, row, r);
            var offset = offsets[r] = padLeft ? length - row.Ids.Length : 0;
            var start = r * length + offset;
            var places3 = MropePositions.Of(row.Ids, config.ImageTokenId, [.. row.Images.Select(i => i.Grid)], config.Vision.MergeSize);
            var image = new Queue<int>();
            foreach (var picture in row.Images)
            {
                if (!images.TryGetValue(picture, out var index))
                {
                    images.Add(picture, index = distinct.Count);
                    distinct.Add(picture);
                    firstToken.Add(tokens);
                    tokens += picture.Grid.Tokens(config.Vision.MergeSize);
                }
                for (var t = 0; t < picture.Grid.Tokens(config.Vision.MergeSize); t++)
                    sources.Add(firstToken[index] + t);
            }
            for (var t = 0; t < row.Ids.Length; t++)
            {
                ids[start + t] = row.Ids[t];
                positions[start + t] = places3.Time[t];
                positions[rows.Count * length + start + t] = places3.Height[t];
                positions[2 * rows.Count * length + start + t] = places3.Width[t];
                if (row.Ids[t] == config.ImageTokenId)
                    places.Add(start + t);
                if (t > 0 && row.Labels is { } wanted && wanted[t] != BatchRow.Ignored)
                {
                    scored.Add(start + t - 1);
                    labels.Add(wanted[t]);
                    counts[r]++;
                }
            }
        }
        var device = model.Weights.Device;
        var inOrder = sources.Count == tokens; // Each image used once: the tower's output is already in place order.
        return new ModelBatch
        {
            InputIds = Longs(ids, [rows.Count, length], device),
            Positions = Longs(positions, [3, rows.Count, length], device),
            Mask = padLeft && offsets.Any(o => o > 0) ? LeftMask(offsets, length).to(device).DetachFromDisposeScope() : null,
            Pixels = distinct.Count == 0 ? null : PixelsOf(distinct, config.Vision.PatchValues).to(device).DetachFromDisposeScope(),
            Grids = [.. distinct.Select(d => d.Grid)],
            ImagePlaces = places.Count == 0 ? null : Longs([.. places], [places.Count], device),
            ImageSources = places.Count == 0 || inOrder ? null : Longs([.. sources], [sources.Count], device),
            ScoredPlaces = Longs([.. scored], [scored.Count], device),
            Labels = Longs([.. labels], [labels.Count], device),
            ScoredCounts = counts,
            Rows = rows.Count,
            Length = length,
            Offsets = offsets,
            Lengths = [.. rows.Select(r => r.Ids.Length)],
        };
    }

    private static void Check(ModelConfig config, BatchRow row, int index)
    {
        if (row.Ids.Length == 0)
            throw new LabException($"Row {index} of the batch is empty.");
        if (row.Ids.Length > config.Text.MaxPositions)
            throw new LabException($"Row {index} of the batch has {row.Ids.Length} tokens; the model's max_position_embeddings is {config.Text.MaxPositions}. Use smaller images or a shorter text.");
        if (row.Labels is { } labels && labels.Length != row.Ids.Length)
            throw new LabException($"Row {index} of the batch has {row.Ids.Length} tokens but {labels.Length} labels.");
        foreach (var id in row.Ids)
        {
            if ((uint)id >= (uint)config.Text.VocabSize)
                throw new LabException($"Row {index} of the batch holds the token id {id}; the model's vocabulary has {config.Text.VocabSize} rows.");
        }
        foreach (var image in row.Images)
        {
            if (image.PatchValues != config.Vision.PatchValues)
                throw new LabException($"An image was cut into patches of {image.PatchValues} values; the model wants {config.Vision.PatchValues}. Use the model's own preprocessor_config.json.");
        }
    }

    private static Tensor Longs(long[] values, long[] shape, Device device) => tensor(values, shape).to(device).DetachFromDisposeScope();

    private static Tensor PixelsOf(List<ProcessedImage> images, int patchValues)
    {
        var pixels = empty([images.Sum(i => i.Grid.Patches), patchValues], ScalarType.Float32);
        var span = TensorMemory.Floats(pixels);
        foreach (var image in images)
        {
            image.Pixels.CopyTo(span);
            span = span[image.Pixels.Length..];
        }
        return pixels;
    }

    private static Tensor LeftMask(int[] offsets, int length)
    {
        var mask = new bool[offsets.Length * length * length];
        for (var b = 0; b < offsets.Length; b++)
        {
            for (var t = 0; t < length; t++)
            {
                // A padding token looks at itself alone, so that its softmax has something to sum.
                mask[(b * length + t) * length + t] = true;
                for (var s = offsets[b]; s < t; s++)
                    mask[(b * length + t) * length + s] = t >= offsets[b];
            }
        }
        return tensor(mask, [offsets.Length, 1, length, length]);
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { InputIds, Positions, Mask, Pixels, ImagePlaces, ImageSources, ScoredPlaces, Labels })
            tensor?.Dispose();
    }
}
