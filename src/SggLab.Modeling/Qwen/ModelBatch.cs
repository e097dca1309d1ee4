using SggLab.Contracts;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>One sequence of a batch, a prompt or a prompt with its answer; or several packed one after the other, none of which sees another.</summary>
public sealed record BatchRow
{
    /// <summary>Token ids with every image expanded to its image tokens.</summary>
    public required int[] Ids { get; init; }
    /// <summary>The images in the order of the text. Rows that share an image object share its encoding too.</summary>
    public required IReadOnlyList<ProcessedImage> Images { get; init; }
    /// <summary>For each token what it should have been predicted as, or <see cref="Ignored"/>; null scores nothing.</summary>
    public int[]? Labels { get; init; }
    /// <summary>Lengths of the sequences packed into the row; null where it is one sequence.</summary>
    public int[]? Parts { get; init; }

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

    /// <summary>Labelled sequences one after the other in one row.</summary>
    public static BatchRow Pack(IReadOnlyList<BatchRow> sequences) => new()
    {
        Ids = [.. sequences.SelectMany(s => s.Ids)],
        Images = [.. sequences.SelectMany(s => s.Images)],
        // Nothing before a sequence's first token may predict it.
        Labels = [.. sequences.SelectMany(s => s.Labels!.Skip(1).Prepend(Ignored))],
        Parts = [.. sequences.Select(s => s.Ids.Length)],
    };
}

/// <summary>
/// Sequences side by side as tensors. Padding on the right (the default) needs no mask, since a token never looks ahead;
/// padding on the left and packed sequences do.
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
    public static ModelBatch Of(Qwen2VLModel model, IReadOnlyList<BatchRow> rows, int padId = 0, bool padLeft = false) => Of(model, [.. rows.Select(row => new[] { row })], padId, padLeft);

    /// <summary>Each row holds its sequences one after the other; none sees another, and each has the positions that it has alone.</summary>
    /// <exception cref="LabException">As <see cref="Of(Qwen2VLModel, IReadOnlyList{BatchRow}, int, bool)"/>.</exception>
    public static ModelBatch Packed(Qwen2VLModel model, IReadOnlyList<BatchRow[]> rows) => Of(model, rows, padId: 0, padLeft: false);

    private static ModelBatch Of(Qwen2VLModel model, IReadOnlyList<BatchRow[]> rows, int padId, bool padLeft)
    {
        using var scope = NewDisposeScope();
        var config = model.Config;
        int[] lengths = [.. rows.Select(row => row.Sum(sequence => sequence.Ids.Length))];
        var length = lengths.Max();
        var masked = rows.Any(row => row.Length > 1) || (padLeft && lengths.Any(l => l < length));
        if (masked && (long)rows.Count * length * length is var looks && looks > Array.MaxLength)
            throw new LabException($"The attention mask of {rows.Count} rows of {length} tokens would have {looks:N0} places; at most {Array.MaxLength:N0} are held. Put fewer rows into the batch, or shorten the longest (smaller images, a shorter text).");
        var ids = new long[rows.Count * length];
        Array.Fill(ids, padId);
        var positions = new long[3 * rows.Count * length];
        // The first token of its row that each token sees; a padding token sees itself alone, so that its softmax has something to sum.
        int[] sees = [.. Enumerable.Range(0, rows.Count * length).Select(place => place % length)];
        var images = new Dictionary<ProcessedImage, int>(ReferenceEqualityComparer.Instance);
        var (distinct, firstToken, tokens) = (new List<ProcessedImage>(), new List<int>(), 0);
        var (places, sources, scored, labels) = (new List<long>(), new List<long>(), new List<long>(), new List<long>());
        var (counts, offsets) = (new int[rows.Count], new int[rows.Count]);
        for (var r = 0; r < rows.Count; r++)
        {
            var at = offsets[r] = padLeft ? length - lengths[r] : 0;
            foreach (var sequence in rows[r])
            {
                Check(config, sequence, r);
                var start = r * length + at;
                Array.Fill(sees, at, start, sequence.Ids.Length);
                var places3 = MropePositions.Of(sequence.Ids, config.ImageTokenId, [.. sequence.Images.Select(i => i.Grid)], config.Vision.MergeSize);
                foreach (var picture in sequence.Images)
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
                for (var t = 0; t < sequence.Ids.Length; t++)
                {
                    ids[start + t] = sequence.Ids[t];
                    positions[start + t] = places3.Time[t];
                    positions[rows.Count * length + start + t] = places3.Height[t];
                    positions[2 * rows.Count * length + start + t] = places3.Width[t];
                    if (sequence.Ids[t] == config.ImageTokenId)
                        places.Add(start + t);
                    if (t > 0 && sequence.Labels is { } wanted && wanted[t] != BatchRow.Ignored)
                    {
                        scored.Add(start + t - 1);
                        labels.Add(wanted[t]);
                        counts[r]++;
                    }
                }
                at += sequence.Ids.Length;
            }
        }
        var device = model.Weights.Device;
        var inOrder = sources.Count == tokens; // Each image used once: the tower's output is already in place order.
        return new ModelBatch
        {
            InputIds = Longs(ids, [rows.Count, length], device),
            Positions = Longs(positions, [3, rows.Count, length], device),
            Mask = masked ? MaskOf(sees, rows.Count, length).to(device).DetachFromDisposeScope() : null,
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
            Lengths = lengths,
        };
    }

    private static void Check(ModelConfig config, BatchRow row, int index)
    {
        if (row.Ids.Length == 0)
            throw new LabException($"Row {index} of the batch is empty.");
        if (row.Ids.Length > config.Text.MaxPositions)
            throw new LabException($"Row {index} of the batch has {row.Ids.Length} tokens; the model's max_position_embeddings is {config.Text.MaxPositions}. {PromptProcessor.Shorter(row.Images.Count)}");
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

    private static Tensor MaskOf(int[] sees, int rows, int length)
    {
        var mask = new bool[(long)rows * length * length];
        for (var place = 0; place < sees.Length; place++)
            Array.Fill(mask, true, place * length + sees[place], place % length - sees[place] + 1);
        return tensor(mask, [rows, 1, length, length]);
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { InputIds, Positions, Mask, Pixels, ImagePlaces, ImageSources, ScoredPlaces, Labels })
            tensor?.Dispose();
    }
}
