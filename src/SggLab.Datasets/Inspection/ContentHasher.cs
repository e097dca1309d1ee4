using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Inspection;

/// <summary>
/// The hash of a split's content: SHA-256 over its rows in order, of each the image id, the encoded image, the objects and
/// relationships as read (not their JSON's spacing) and the prompts, each with its length before it. Files, row groups and
/// compression do not enter; the order of rows does, since shuffling by a seed depends on it.
/// </summary>
internal sealed class ContentHasher : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Rows { get; private set; }

    /// <param name="image">Empty where the data set has no pictures.</param>
    public void Add(string imageId, ReadOnlySpan<byte> image, IReadOnlyList<SceneObject> objects, IReadOnlyList<SceneRelationship> relations, OptionalText promptOpen, OptionalText promptClose)
    {
        Rows++;
        Add(imageId);
        Add(image.Length);
        _hash.AppendData(image);
        Add(objects.Count);
        foreach (var item in objects)
        {
            Add(item.Id);
            Add(item.Box.X1);
            Add(item.Box.Y1);
            Add(item.Box.X2);
            Add(item.Box.Y2);
        }
        Add(relations.Count);
        foreach (var relation in relations)
        {
            Add(relation.Subject);
            Add(relation.Predicate);
            Add(relation.Object);
        }
        Add(promptOpen);
        Add(promptClose);
    }

    /// <summary>Lower-case hex; call once, at the end.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    /// <summary>The hash of a data set from those of its splits: names, row counts and hashes, one split a line, sorted by name.</summary>
    public static string Join(IEnumerable<(string Name, long Rows, string Hash)> splits)
    {
        var lines = splits.OrderBy(split => split.Name, StringComparer.Ordinal).Select(split => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{split.Name} {split.Rows} {split.Hash}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("sgglab-dataset-1\n" + string.Concat(lines))));
    }

    public void Dispose() => _hash.Dispose();

    private void Add(OptionalText text)
    {
        Add(text.IsPresent ? text.Utf8.Length : -1);
        _hash.AppendData(text.Utf8);
    }

    private void Add(string text)
    {
        Span<byte> small = stackalloc byte[256];
        var utf8 = text.Length <= 85 ? small[..Encoding.UTF8.GetBytes(text, small)] : Encoding.UTF8.GetBytes(text);
        Add(utf8.Length);
        _hash.AppendData(utf8);
    }

    private void Add(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        _hash.AppendData(bytes);
    }

    private void Add(double number)
    {
        Span<byte> bytes = stackalloc byte[8];
        // Equal numbers hash equally: -0.0 is 0.0.
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, number == 0 ? 0 : number);
        _hash.AppendData(bytes);
    }
}

/// <summary>A text that may be missing, as its UTF-8 bytes: prompts are long, and need not become strings to be hashed.</summary>
internal readonly ref struct OptionalText(ReadOnlySpan<byte> utf8, bool isPresent)
{
    public ReadOnlySpan<byte> Utf8 { get; } = utf8;
    public bool IsPresent { get; } = isPresent;

    public static OptionalText Of(string? text) => text is null ? default : new OptionalText(Encoding.UTF8.GetBytes(text), true);
}
