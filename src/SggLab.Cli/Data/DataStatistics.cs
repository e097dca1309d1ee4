using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SggLab.Cli.Site;
using SggLab.Datasets;
using SggLab.Datasets.Inspection;
using SggLab.Datasets.VisualGenome;

namespace SggLab.Cli.Data;

/// <summary>`data stats`: the predicates' long tail, box sizes, and triplets that a training split never shows.</summary>
internal static class DataStatistics
{
    public static Command Create()
    {
        var source = new DataSourceOptions();
        var train = new Option<string?>("--train") { Description = "A training split's path: count the triplets that it never shows (zero-shot). An h5 file or psg.json gives its train split." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("stats", "Statistics of each split: classes, predicates and their tail, graph and box sizes, zero-shot triplets.")
        {
            Examples = ["./sgglab data stats vg150-val/ --train vg150-train/    # and the share of triplets that training never shows"],
        };
        source.AddTo(command);
        command.Add(train);
        command.Add(json);
        command.SetAction(parsed =>
        {
            var location = DatasetLocation.Of(source.Path(parsed));
            var reading = source.Reading(parsed);
            using var progress = new DataProgress("counting");
            var known = parsed.GetValue(train) is { } path ? Triplets(path, reading, progress) : null;
            var splits = source.Splits(parsed, location).Select(split => Gather(location, split, reading, known, progress)).ToList();
            progress.Dispose();
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(new { Format = location.FormatName, Splits = splits }, JsonFile.Contract));
            else splits.ForEach(Show);
            return 0;
        });
        return command;
    }

    private static IReadOnlyCollection<(string, string, string)> Triplets(string path, DatasetOptions reading, DataProgress progress)
    {
        var location = DatasetLocation.Of(path);
        using var dataset = location.Open(location.Kind == DatasetKind.Parquet ? null : "train", reading);
        return Pass(dataset, new StatisticsGatherer("train"), measureImages: false, progress).Triplets;
    }

    private static DatasetStatistics Gather(DatasetLocation location, string split, DatasetOptions reading, IReadOnlyCollection<(string, string, string)>? known, DataProgress progress)
    {
        using var dataset = location.Open(split, reading);
        var gatherer = new StatisticsGatherer(split);
        if (known is not null) gatherer.CompareWith(known);
        // A lone h5 file says nothing about the pictures' sizes.
        var measure = dataset is not VgDataset visualGenome || visualGenome.KnowsImageSizes;
        return Pass(dataset, gatherer, measure, progress).Finish();
    }

    private static StatisticsGatherer Pass(ISceneGraphDataset dataset, StatisticsGatherer gatherer, bool measureImages, DataProgress progress)
    {
        long done = 0;
        foreach (var example in dataset)
        {
            gatherer.Add(example, measureImages);
            progress.Report(++done, dataset.Count);
        }
        return gatherer;
    }

    private static void Show(DatasetStatistics split)
    {
        Line($"{split.Split}: {split.Rows:N0} rows");
        Line($"  objects an image        {split.ObjectsPerImage.Mean:F1} (median {split.ObjectsPerImage.Median}, at most {split.ObjectsPerImage.Largest})");
        Line($"  relationships an image  {split.RelationshipsPerImage.Mean:F1} (median {split.RelationshipsPerImage.Median}, at most {split.RelationshipsPerImage.Largest})");
        Line($"  boxes                   {split.Boxes.Small:N0} small, {split.Boxes.Medium:N0} medium, {split.Boxes.Large:N0} large, {split.Boxes.Empty:N0} empty, {split.Boxes.OutsideImage:N0} leave the image");
        Line($"  classes                 {split.Classes.Count}: {Names(split.Classes)}");
        Line($"  predicates              {split.Predicates.Count}, the five commonest make {split.ShareOfFiveCommonestPredicates:P0}: {Names(split.Predicates)}");
        Line($"  triplets                {split.Triplets:N0} different");
        if (split.ZeroShot is { } zero) Line($"  zero-shot               {zero.Triplets:N0} triplets, {zero.Relationships:N0} relationships ({zero.Share:P1}), in {zero.Rows:N0} images");
    }

    private static string Names(IReadOnlyList<NameCount> names) =>
        string.Join(", ", names.Take(8).Select(name => string.Create(CultureInfo.InvariantCulture, $"{name.Name} {name.Count:N0}"))) + (names.Count > 8 ? ", …" : "");

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
