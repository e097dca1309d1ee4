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
        var force = new Option<bool>("--force") { Description = "Replace a data set that the folder holds (never the one that is read)." };
        var shards = new Option<int>("--shards") { Description = "Number of parquet files a split.", DefaultValueFactory = _ => 1 };
        output.MustNameAFolder();
        shards.MustBeWithin(1, 99_999);
        var boxes = new Option<string>("--boxes") { Description = "nearest (whole pixels) or exact.", DefaultValueFactory = _ => "nearest" };
        boxes.AcceptOnlyFromAmong("nearest", "exact");
        var divide = new Option<string?>("--divide") { Description = "Cut the split into parts by these shares, such as train=0.8,validation=0.1,test=0.1: a folder each, chosen by image id and seed alone." };
        var seed = new Option<long?>("--seed") { Description = "Seed of --divide (default: 42)." };
        var prompts = new Option<bool?>("--prompts") { Description = "Write the columns prompt_open and prompt_close (default: as the source; an h5 file gets R1-SGG's VG150 texts)." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("convert", "Write a data set in the published parquet layout.")
        {
            Examples =
            [
                "./sgglab data convert VG-SGG-with-attri.h5 --out vg150/    # vg150/train, vg150/val, vg150/test",
                "./sgglab data convert psg.json --split test --all-relations --out psg-test/",
                "./sgglab data convert psg-train/ --divide train=0.9,validation=0.1 --out psg/    # psg/train, psg/validation",
            ],
        };
        source.AddTo(command);
        foreach (var option in new Option[] { output, force, shards, boxes, divide, seed, prompts, json }) command.Add(option);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(divide) is null && parsed.GetValue(seed) is not null) throw new LabException("--seed is of use with --divide only; give the shares too, such as --divide train=0.9,validation=0.1.");
            var location = DatasetLocation.Of(source.Path(parsed));
            var splits = source.Splits(parsed, location);
            var shares = parsed.GetValue(divide) is { } list ? SeededSplit.Of(list, parsed.GetValue(seed) ?? 42) : null;
            if (shares is not null && splits.Count > 1) throw new LabException($"{source.Path(parsed)} has the splits {string.Join(", ", splits)}; say by --split which one is to be divided.");
            var folder = parsed.GetValue(output)!;
            var names = shares?.Names ?? splits;
            var below = shares is not null || splits.Count > 1;
            string FolderOf(string name) => below ? Path.Combine(folder, name) : folder;
            foreach (var name in names) ConversionTarget.Check(location, FolderOf(name), parsed.GetValue(force));
            using var progress = new DataProgress("writing");
            var written = (shares is null ? splits.Select(Convert) : Divided()).ToList();
            progress.Dispose();
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(new { Splits = written }, JsonFile.Contract));
            else foreach (var one in written) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.Split}: {one.Rows:N0} rows in {one.Folder}"));
            return 0;

            Written Convert(string split)
            {
                using var dataset = location.Open(split, source.Reading(parsed));
                return Write(dataset, split, $"Converted from {location.FormatName}, split {split}.");
            }

            IEnumerable<Written> Divided()
            {
                using var dataset = location.Open(splits[0], source.Reading(parsed));
                var parts = shares.Divide(dataset);
                for (var i = 0; i < names.Count; i++)
                    if (parts[i].Count == 0) throw new LabException($"Of {dataset.Count} images none falls into {names[i]}; give it a larger share, or another --seed.");
                for (var i = 0; i < names.Count; i++)
                    yield return Write(parts[i], names[i], $"Converted from {location.FormatName}, split {splits[0]}: the part {names[i]} of {parsed.GetValue(divide)} by seed {parsed.GetValue(seed) ?? 42}.");
            }

            Written Write(ISceneGraphDataset dataset, string name, string about)
            {
                var rounding = parsed.GetValue(boxes) == "exact" ? BoxRounding.None : BoxRounding.Nearest;
                var withPrompts = parsed.GetValue(prompts) ?? HasPrompts(location, dataset);
                DatasetConversion.Write(dataset, FolderOf(name), rounding, withPrompts, parsed.GetValue(shards), about, parsed.GetValue(force), rows => progress.Report(rows, dataset.Count));
                return new Written(name, FolderOf(name), dataset.Count);
            }
        });
        return command;
    }

    private sealed record Written(string Split, string Folder, long Rows);

    private static bool HasPrompts(DatasetLocation location, ISceneGraphDataset dataset) =>
        location.Kind == DatasetKind.VisualGenome || location.Kind == DatasetKind.Parquet && dataset.Count > 0 && dataset[0].PromptClose is not null;
}
