using SggLab.Datasets.Psg;
using SggLab.Datasets.VisualGenome;

namespace SggLab.Datasets.Inspection;

/// <param name="DecodeImages">Decode every picture to find damaged ones; without it only their first bytes are looked at.</param>
/// <param name="Reading">How h5 files and psg.json are read.</param>
/// <param name="Split">The only split to look at; null looks at all.</param>
public sealed record InspectionOptions(bool DecodeImages = false, DatasetOptions? Reading = null, string? Split = null)
{
    internal bool Asks(string split) => Split is null || Split == split;
}

/// <summary>Reads a data set from end to end, counts, hashes and lists what is wrong, going on after each error as far as the format allows.</summary>
public static class DatasetInspector
{
    /// <param name="progress">Done and total: bytes for parquet, images for the others.</param>
    /// <exception cref="DatasetException">There is nothing at the path, or no such split.</exception>
    public static InspectionReport Inspect(string path, InspectionOptions? options = null, Action<long, long>? progress = null)
    {
        options ??= new InspectionOptions();
        var location = DatasetLocation.Of(path);
        if (location.Kind != DatasetKind.Parquet && !location.Splits.Any(options.Asks)) throw new DatasetException(path, null, null, $"has no split '{options.Split}'; it has {string.Join(", ", location.Splits)}");
        ProblemList errors = new(), warnings = new();
        List<SplitTally> tallies = [];
        switch (location.Kind)
        {
            case DatasetKind.Parquet: ParquetInspector.Inspect(location.File, options, tallies, errors, warnings, progress); break;
            case DatasetKind.VisualGenome: errors.Try(() => InspectVisualGenome(location.File, options, tallies, errors, warnings, progress)); break;
            default: errors.Try(() => InspectPsg(location.File, options, tallies, errors, warnings, progress)); break;
        }
        var splits = tallies.Select(tally => tally.Report()).ToList();
        tallies.ForEach(tally => tally.Dispose());
        var whole = errors.Problems.Count == 0;
        return new InspectionReport
        {
            Format = location.FormatName,
            ContentHash = whole ? ContentHasher.Join(splits.Select(split => (split.Name, split.Rows, split.ContentHash!))) : null,
            Splits = splits,
            Errors = errors.Problems,
            ErrorsOmitted = errors.Omitted,
            Warnings = warnings.Problems,
        };
    }

    private static void InspectVisualGenome(string path, InspectionOptions options, List<SplitTally> tallies, ProblemList errors, ProblemList warnings, Action<long, long>? progress)
    {
        var source = VgSource.Open(path, options.Reading?.VisualGenome ?? new VgOptions());
        if (!source.HasPictures) warnings.Add(new InspectionProblem(path, null, "image", "no folder VG_100K lies beside it and none was given: no picture is looked at and the content hash covers the graphs alone"));
        // Images that no split keeps are looked at too, unless one split is asked for: their parts of the tables may be broken.
        var found = options.Split is null ? errors : new ProblemList();
        var broken = Enumerable.Range(0, source.File.Images).Where(image => !found.Try(() => source.File.Graph(image, source.Names))).ToHashSet();
        long done = 0;
        var splits = VgDataset.Splits.Where(options.Asks).Select(split => (split, Rows: source.Rows(split, broken))).ToList();
        var total = splits.Sum(split => split.Rows.Length);
        foreach (var (split, rows) in splits)
        {
            var tally = new SplitTally(split);
            tallies.Add(tally);
            foreach (var image in rows)
            {
                if (broken.Contains(image))
                {
                    if (options.Split is not null) errors.Try(() => source.File.Graph(image, source.Names));
                    tally.AddBroken();
                }
                else AddExample(tally, () => source.Example(image), source.HasPictures, options.DecodeImages, errors);
                progress?.Invoke(++done, total);
            }
        }
    }

    private static void InspectPsg(string path, InspectionOptions options, List<SplitTally> tallies, ProblemList errors, ProblemList warnings, Action<long, long>? progress)
    {
        using var source = PsgSource.Open(path, options.Reading?.Psg ?? new PsgOptions());
        if (!source.HasPictures) warnings.Add(new InspectionProblem(path, null, "image", "no folder coco lies beside it and none was given: no picture is looked at and the content hash covers the graphs alone"));
        tallies.AddRange(PsgDataset.Splits.Where(options.Asks).Select(split => new SplitTally(split)));
        for (var row = 0; row < source.Count; row++)
        {
            PsgRecord? record = null;
            if (!errors.Try(() => record = source.Record(row)))
            {
                // A record that cannot be read belongs to no split that we know.
                foreach (var tally in tallies) tally.Break();
            }
            else if (source.IsKept(record!) && tallies.Find(tally => tally.Name == source.SplitOf(record!)) is { } tally)
            {
                AddExample(tally, () => source.Example(row, record!), source.HasPictures, options.DecodeImages, errors);
            }
            progress?.Invoke(row + 1, source.Count);
        }
    }

    private static void AddExample(SplitTally tally, Func<SceneGraphExample> read, bool hasPictures, bool decode, ProblemList errors)
    {
        var good = errors.Try(() =>
        {
            var example = read();
            // Read from disk once, checked and hashed from memory.
            var bytes = hasPictures ? example.Image.Bytes : default;
            if (hasPictures) PictureCheck.Check(bytes.Span, example.Origin, "image", decode ? example.Image.With(bytes) : null);
            tally.Add(example.ImageId, bytes.Span, example.Objects, example.Relationships, OptionalText.Of(example.PromptOpen), OptionalText.Of(example.PromptClose));
        });
        if (!good) tally.AddBroken();
    }
}
