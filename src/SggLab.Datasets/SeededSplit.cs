using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SggLab.Contracts;

namespace SggLab.Datasets;

/// <summary>
/// Cuts a data set into named parts by share and seed. The part of an image is a function of (seed, image id) alone: shards, the order of rows and
/// what else the data set holds do not enter, so that an image stays where it is when others come or go, and rows of one image stay together.
/// </summary>
public sealed partial class SeededSplit
{
    private readonly long _seed;
    private readonly double[] _ends;

    private SeededSplit(IReadOnlyList<string> names, double[] ends, long seed) => (Names, _ends, _seed) = (names, ends, seed);

    /// <summary>The parts' names, in the order given.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <param name="shares">Name and share of each part, such as <c>train=0.8,validation=0.1,test=0.1</c>; the shares make 1. Sizes come close to them, not to the row: each image is drawn by itself.</param>
    /// <exception cref="LabException">No such list.</exception>
    public static SeededSplit Of(string shares, long seed)
    {
        LabException Bad(string problem) => new($"\"{shares}\" {problem}; expected parts and their shares, such as train=0.8,validation=0.1,test=0.1.");
        List<(string Name, double Share)> parts = [];
        foreach (var part in shares.Split(','))
        {
            if (part.Split('=') is not [var name, var number] || !PartName().IsMatch(name)) throw Bad($"has \"{part}\" in it, where a name, = and a share should be");
            if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) || share is <= 0 or > 1) throw Bad($"has the share \"{number}\" in it, where a number above 0 and up to 1 should be");
            if (parts.Exists(other => other.Name == name)) throw Bad($"names {name} twice");
            parts.Add((name, share));
        }
        var sum = parts.Sum(part => part.Share);
        if (Math.Abs(sum - 1) > 1e-9) throw Bad(string.Create(CultureInfo.InvariantCulture, $"makes {sum:0.######} together, not 1"));
        var end = 0.0;
        return new SeededSplit([.. parts.Select(part => part.Name)], [.. parts.Select(part => end += part.Share)], seed);
    }

    /// <summary>The part that an image belongs to, as its place in <see cref="Names"/>.</summary>
    public int PartOf(string imageId)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"sgglab-split-1\n{_seed}\n{imageId}")));
        var draw = (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1L << 53));
        var part = Array.FindIndex(_ends, end => draw < end);
        return part < 0 ? _ends.Length - 1 : part;
    }

    /// <summary>The parts of a data set, in the order of <see cref="Names"/>; each reads from the source and keeps its order. Reads the source through once.</summary>
    public IReadOnlyList<ISceneGraphDataset> Divide(ISceneGraphDataset source)
    {
        var rows = Names.Select(_ => new List<int>()).ToList();
        var row = 0;
        foreach (var example in source) rows[PartOf(example.ImageId)].Add(row++);
        return [.. rows.Select(some => new DatasetPart(source, [.. some]))];
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-]+\z")]
    private static partial Regex PartName();
}
