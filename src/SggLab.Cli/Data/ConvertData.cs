using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SggLab.Cli.Site;
using SggLab.Contracts;
using SggLab.Datasets;

namespace SggLab.Cli.Data;

/// <summary>`data convert`: any data set to the published parquet layout, a hub folder a split.</summary>
internal static class ConvertData
{
    public static Command Create()
    {
        var source = new DataSourceOptions();
        var output = new Option<string>("--out") { Description = "The folder to write: itself a hub folder where there is one split, else one folder a split below it.", Required = true };
        var shards = new Option<int>("--shards") { Description = "Number of parquet files a split.", DefaultValueFactory = _ => 1 };
        var boxes = new Option<string>("--boxes") { Description = "nearest (whole pixels) or exact.", DefaultValueFactory = _ => "nearest" };
        boxes.AcceptOnlyFromAmong("nearest", "exact");
        var prompts = new Option<bool?>("--prompts") { Description = "Write the columns prompt_open and prompt_close (default: as the source; an h5 file gets R1-SGG's VG150 texts)." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("convert", "Write a data set in the published parquet layout.")
        {
            Examples =
            [
                "./sgglab data convert VG-SGG-with-attri.h5 --out vg150/    # vg150/train, vg150/val, vg150/test",
                "./sgglab data convert psg.json --split test --all-relations --out psg-test/",
            ],
        };
        source.AddTo(command);
        foreach (var option in new Option[] { output, shards, boxes, prompts, json }) command.Add(option);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(shards) is < 1 or > 99_999) throw new LabException($"--shards is {parsed.GetValue(shards)}; expected 1 to 99999.");
            var location = DatasetLocation.Of(source.Path(parsed));
            var splits = source.Splits(parsed, location);
            var rounding = parsed.GetValue(boxes) == "exact" ? BoxRounding.None : BoxRounding.Nearest;
            using var progress = new DataProgress("writing");
            var written = splits.Select(split => Write(location, split, splits.Count == 1 ? parsed.GetValue(output)! : Path.Combine(parsed.GetValue(output)!, split))).ToList();
            progress.Dispose();
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(new { Splits = written }, JsonFile.Contract));
            else foreach (var one in written) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.Split}: {one.Rows:N0} rows in {one.Folder}"));
            return 0;

            Written Write(DatasetLocation from, string split, string folder)
            {
                using var dataset = from.Open(split, source.Reading(parsed));
                var withPrompts = parsed.GetValue(prompts) ?? HasPrompts(from, dataset);
                DatasetConversion.Write(dataset, folder, rounding, withPrompts, parsed.GetValue(shards), $"Converted from {from.FormatName}, split {split}.", rows => progress.Report(rows, dataset.Count));
                return new Written(split, folder, dataset.Count);
            }
        });
        return command;
    }

    private sealed record Written(string Split, string Folder, long Rows);

    private static bool HasPrompts(DatasetLocation location, ISceneGraphDataset dataset) =>
        location.Kind == DatasetKind.VisualGenome || location.Kind == DatasetKind.Parquet && dataset.Count > 0 && dataset[0].PromptClose is not null;
}
