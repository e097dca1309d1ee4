using System.Globalization;
using System.Text.RegularExpressions;
using SggLab.Datasets.Parquet;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Inspection;

/// <summary>Inspects parquet files page by page: images pass through the hash without being copied or kept.</summary>
internal static partial class ParquetInspector
{
    public static void Inspect(string path, InspectionOptions options, List<SplitTally> tallies, ProblemList errors, ProblemList warnings, Action<long, long>? progress)
    {
        IReadOnlyList<DatasetSplit> splits = [];
        if (!errors.Try(() => splits = HubFolder.Find(path))) return;
        if (!splits.Any(split => options.Asks(split.Name))) throw new DatasetException(path, null, null, $"has no split '{options.Split}'; it has {string.Join(", ", splits.Select(split => split.Name))}");
        splits = [.. splits.Where(split => options.Asks(split.Name))];
        var total = splits.Sum(split => split.Files.Sum(file => new FileInfo(file).Length));
        long before = 0;
        foreach (var split in splits)
        {
            var tally = new SplitTally(split.Name);
            tallies.Add(tally);
            foreach (var file in split.Files)
            {
                var started = before;
                if (!errors.Try(() => InspectFile(file, options, tally, errors, (row, rows, length) => progress?.Invoke(started + length * row / Math.Max(1, rows), total)))) tally.Break();
                before += new FileInfo(file).Length;
                progress?.Invoke(before, total);
            }
        }
        CompareWithReadme(path, tallies, warnings);
    }

    private static void InspectFile(string path, InspectionOptions options, SplitTally tally, ProblemList errors, Action<long, long, long> progress)
    {
        using var file = ParquetFile.Open(path);
        var reader = new RowReader(file, SceneGraphColumns.Find(file));
        for (long row = 0; reader.Next(); row++)
        {
            if (row % 64 == 0) progress(row, file.Metadata.Rows, file.Length);
            InspectRow(reader, options, tally, errors);
        }
    }

    // Each column is looked at, so that a row's errors are all told at once.
    private static void InspectRow(RowReader reader, InspectionOptions options, SplitTally tally, ProblemList errors)
    {
        var origin = reader.Origin;
        var imageId = "";
        IReadOnlyList<SceneObject> objects = [];
        IReadOnlyList<SceneRelationship> relations = [];
        var good = errors.Try(() => imageId = reader.ImageId);
        good &= errors.Try(() => CheckImage(reader, origin, options.DecodeImages));
        var graph = errors.Try(() => objects = GraphJson.Objects(reader.ObjectsJson, origin));
        graph &= errors.Try(() => relations = GraphJson.Relationships(reader.RelationshipsJson, origin));
        good &= graph && errors.Try(() => GraphChecks.Check(objects, relations, origin, DanglingRelations.Refuse));
        good &= errors.Try(reader.CheckPrompts);
        if (good) tally.Add(imageId, reader.ImageBytes, objects, relations, reader.PromptOpenText, reader.PromptCloseText);
        else tally.AddBroken();
    }

    private static void CheckImage(RowReader reader, RowOrigin origin, bool decode)
    {
        var bytes = reader.ImageBytes;
        PictureCheck.Check(bytes, origin, "image", decode ? EncodedImage.FromBytes(bytes.ToArray(), null, origin) : null);
    }

    private static void CompareWithReadme(string path, List<SplitTally> tallies, ProblemList warnings)
    {
        var readme = Path.Combine(path, "README.md");
        if (!File.Exists(readme)) return;
        foreach (Match match in ExampleCount().Matches(File.ReadAllText(readme)))
        {
            if (tallies.FirstOrDefault(tally => tally.Name == match.Groups["name"].Value) is not { } tally) continue;
            if (long.TryParse(match.Groups["count"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count != tally.Rows)
                warnings.Add(new InspectionProblem(readme, null, "num_examples", $"states {count} examples of {tally.Name}; the files hold {tally.Rows}"));
        }
    }

    [GeneratedRegex(@"- name: (?<name>\S+)\s+num_bytes: \d+\s+num_examples: (?<count>\d+)")]
    private static partial Regex ExampleCount();
}
