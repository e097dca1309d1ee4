using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Inspection;

/// <summary>What a split looks like: how long its tails are and how large its boxes. Memory follows the vocabulary, not the rows.</summary>
public sealed record DatasetStatistics
{
    public required string Split { get; init; }
    public required long Rows { get; init; }
    public required Spread ObjectsPerImage { get; init; }
    public required Spread RelationshipsPerImage { get; init; }

    /// <summary>Object classes, commonest first.</summary>
    public required IReadOnlyList<NameCount> Classes { get; init; }

    /// <summary>Predicates, commonest first.</summary>
    public required IReadOnlyList<NameCount> Predicates { get; init; }

    /// <summary>Share of all relationships that the five commonest predicates make.</summary>
    public required double ShareOfFiveCommonestPredicates { get; init; }

    public required BoxSizes Boxes { get; init; }

    /// <summary>Different (class, predicate, class) triplets.</summary>
    public required long Triplets { get; init; }

    /// <summary>Against a training split; null where none was given.</summary>
    public ZeroShot? ZeroShot { get; init; }
}

public sealed record NameCount(string Name, long Count, double Share);

public sealed record Spread(long Smallest, double Mean, long Median, long Largest, long Total);

/// <summary>Boxes by COCO's bounds (32 x 32 and 96 x 96 pixels) and by their share of the image.</summary>
/// <param name="Empty">Boxes without an area.</param>
/// <param name="OutsideImage">Boxes that leave the image by more than a pixel.</param>
/// <param name="ShareOfImage">Deciles 10% to 90% of area over image area, to a thousandth.</param>
public sealed record BoxSizes(long Small, long Medium, long Large, long Empty, long OutsideImage, IReadOnlyList<double> ShareOfImage);

/// <summary>Triplets that the training split never shows (the zero-shot split of zR).</summary>
/// <param name="Rows">Images with at least one.</param>
public sealed record ZeroShot(long Triplets, long Relationships, double Share, long Rows);

/// <summary>Gathers <see cref="DatasetStatistics"/> from examples as they go by.</summary>
public sealed class StatisticsGatherer(string split)
{
    private readonly Dictionary<string, long> _classes = new(StringComparer.Ordinal), _predicates = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Subject, string Predicate, string Object), long> _triplets = [];
    private readonly SortedDictionary<int, long> _objects = [], _relations = [];
    private readonly long[] _shares = new long[1001];
    private long _rows, _small, _medium, _large, _empty, _outside;

    private HashSet<(string, string, string)>? _known;
    private long _rowsWithUnseen;

    public IReadOnlyCollection<(string Subject, string Predicate, string Object)> Triplets => _triplets.Keys;

    /// <summary>Compare with the triplets of a training split; call before the first <see cref="Add"/>.</summary>
    public void CompareWith(IEnumerable<(string, string, string)> known) => _known = [.. known];

    /// <param name="measureImages">Whether image sizes can be read, which box shares need.</param>
    public void Add(SceneGraphExample example, bool measureImages = true)
    {
        _rows++;
        Count(_objects, example.Objects.Count);
        Count(_relations, example.Relationships.Count);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in example.Objects)
        {
            var name = item.Id.LastIndexOf('.') is > 0 and var dot ? item.Id[..dot] : item.Id;
            names[item.Id] = name;
            Count(_classes, name);
            Measure(item.Box, measureImages ? example.Image.Size : null);
        }
        var unseen = false;
        foreach (var relation in example.Relationships)
        {
            Count(_predicates, relation.Predicate);
            var triplet = (names.GetValueOrDefault(relation.Subject, ""), relation.Predicate, names.GetValueOrDefault(relation.Object, ""));
            Count(_triplets, triplet);
            unseen |= _known is { } known && !known.Contains(triplet);
        }
        if (unseen) _rowsWithUnseen++;
    }

    public DatasetStatistics Finish()
    {
        var predicates = Ranked(_predicates);
        return new DatasetStatistics
        {
            Split = split,
            Rows = _rows,
            ObjectsPerImage = SpreadOf(_objects),
            RelationshipsPerImage = SpreadOf(_relations),
            Classes = Ranked(_classes),
            Predicates = predicates,
            ShareOfFiveCommonestPredicates = predicates.Take(5).Sum(predicate => predicate.Share),
            Boxes = new BoxSizes(_small, _medium, _large, _empty, _outside, Deciles()),
            Triplets = _triplets.Count,
            ZeroShot = Unseen(),
        };
    }

    private ZeroShot? Unseen()
    {
        if (_known is null) return null;
        var unseen = _triplets.Where(pair => !_known.Contains(pair.Key)).ToList();
        var (relations, all) = (unseen.Sum(pair => pair.Value), _triplets.Values.Sum());
        return new ZeroShot(unseen.Count, relations, all == 0 ? 0 : relations / (double)all, _rowsWithUnseen);
    }

    private void Measure(Box box, ImageSize? image)
    {
        if (box.Width <= 0 || box.Height <= 0)
        {
            _empty++;
            return;
        }
        _ = box.Area switch { < 32 * 32 => _small++, < 96 * 96 => _medium++, _ => _large++ };
        if (image is not { } size) return;
        if (box.X1 < -1 || box.Y1 < -1 || box.X2 > size.Width + 1 || box.Y2 > size.Height + 1) _outside++;
        _shares[(int)Math.Clamp(1000 * box.Area / ((double)size.Width * size.Height), 0, 1000)]++;
    }

    private double[] Deciles()
    {
        var total = _shares.Sum();
        if (total == 0) return [];
        return [.. Enumerable.Range(1, 9).Select(decile => FirstReaching(total * decile / 10.0) / 1000.0)];
    }

    private int FirstReaching(double rank)
    {
        long seen = 0;
        for (var i = 0; i < _shares.Length; i++)
            if ((seen += _shares[i]) >= rank) return i;
        return _shares.Length - 1;
    }

    private static Spread SpreadOf(SortedDictionary<int, long> counts)
    {
        if (counts.Count == 0) return new Spread(0, 0, 0, 0, 0);
        var (rows, total) = (counts.Values.Sum(), counts.Sum(pair => pair.Key * pair.Value));
        long seen = 0;
        var median = counts.First(pair => (seen += pair.Value) * 2 >= rows).Key;
        return new Spread(counts.Keys.First(), total / (double)rows, median, counts.Keys.Last(), total);
    }

    private static List<NameCount> Ranked(Dictionary<string, long> counts)
    {
        var total = counts.Values.Sum();
        return [.. counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new NameCount(pair.Key, pair.Value, pair.Value / (double)total))];
    }

    private static void Count<T>(IDictionary<T, long> counts, T key) => counts[key] = counts.TryGetValue(key, out var count) ? count + 1 : 1;
}
