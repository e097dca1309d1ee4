using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>Rows, columns and frames of an image in patches.</summary>
public readonly record struct PatchGrid(int Frames, int Height, int Width)
{
    public int Patches => Frames * Height * Width;

    /// <summary>The tokens the image takes in a prompt.</summary>
    public int Tokens(int mergeSize) => Patches / (mergeSize * mergeSize);
}

/// <summary>
/// Positions of a sequence on three axes (time, height, width). Text moves all three together; an image that starts at p
/// takes time p, height p + row and width p + column of its merged grid, and the text goes on at p + the larger side.
/// </summary>
public sealed record MropePositions
{
    public required int[] Time { get; init; }
    public required int[] Height { get; init; }
    public required int[] Width { get; init; }
    /// <summary>The position of the first token after the sequence, on all axes.</summary>
    public required int Next { get; init; }

    /// <summary>What has to be added to the index of a later token to get its position.</summary>
    public int Delta => Next - Time.Length;

    /// <param name="ids">One sequence without padding, each image already expanded to its image tokens.</param>
    /// <param name="grids">The images in the order of the text.</param>
    public static MropePositions Of(ReadOnlySpan<int> ids, int imageTokenId, IReadOnlyList<PatchGrid> grids, int mergeSize)
    {
        var (time, height, width) = (new int[ids.Length], new int[ids.Length], new int[ids.Length]);
        var (next, image) = (0, 0);
        for (var i = 0; i < ids.Length;)
        {
            if (ids[i] != imageTokenId)
            {
                time[i] = height[i] = width[i] = next++;
                i++;
                continue;
            }
            if (image == grids.Count)
                throw new LabException($"The prompt holds image tokens at {i} for which no image was given ({grids.Count} were).");
            var grid = grids[image++];
            var (rows, columns) = (grid.Height / mergeSize, grid.Width / mergeSize);
            var count = grid.Frames * rows * columns;
            if (i + count > ids.Length || ids.Slice(i, count).ContainsAnyExcept(imageTokenId))
                throw new LabException($"Image {image} has {count} tokens, but fewer image tokens in a row stand at position {i} of the prompt.");
            for (var k = 0; k < count; k++)
            {
                time[i + k] = next + k / (rows * columns);
                height[i + k] = next + k / columns % rows;
                width[i + k] = next + k % columns;
            }
            i += count;
            next += Math.Max(rows, columns);
        }
        if (image != grids.Count)
            throw new LabException($"{grids.Count} images were given, but the prompt has image tokens for {image}.");
        return new MropePositions { Time = time, Height = height, Width = width, Next = next };
    }
}
