using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SggLab.Cli.Site;
using SggLab.Contracts;
using SggLab.Datasets.Synthetic;

namespace SggLab.Cli.Data;

/// <summary>`data synthesize`: rendered scenes of shapes in the published layout.</summary>
internal static class SynthesizeData
{
    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "The folder to write; train, validation and test become folders in it.", Required = true };
        var (train, validation, test) = (Count("--train", 3000), Count("--validation", 300), Count("--test", 400));
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same bytes.", DefaultValueFactory = _ => 42 };
        var force = new Option<bool>("--force") { Description = "Replace data sets that the folders hold." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("synthesize", "Draw synthetic scenes: pictures of shapes whose relations can be seen, in the published parquet layout.")
        {
            Options = { output, train, validation, test, seed, force, json },
            Examples = ["./sgglab data synthesize --out scenes/ --train 3000 --test 400 --seed 1"],
        };
        output.MustNameAFolder();
        foreach (var count in new[] { train, validation, test }) count.MustBeWithin(0);
        command.SetAction(parsed =>
        {
            var folder = parsed.GetValue(output)!;
            (string Name, int Count)[] parts = [("train", parsed.GetValue(train)), ("validation", parsed.GetValue(validation)), ("test", parsed.GetValue(test))];
            if (parts.All(part => part.Count == 0)) throw new LabException("No scenes are asked for; give --train, --validation or --test a number above 0.");
            using var progress = new DataProgress("drawing");
            SyntheticScenes.WriteSplits(folder, parts[0].Count, parts[1].Count, parts[2].Count, parsed.GetValue(seed), parsed.GetValue(force), (name, rows) => progress.Report(rows, parts.First(part => part.Name == name).Count));
            progress.Dispose();
            var written = parts.Where(part => part.Count > 0).Select(part => new { Split = part.Name, Folder = Path.Combine(folder, part.Name), Rows = part.Count }).ToList();
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(new { Splits = written }, JsonFile.Contract));
            else foreach (var one in written) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.Split}: {one.Rows:N0} scenes in {one.Folder}"));
            return 0;
        });
        return command;
    }

    private static Option<int> Count(string name, int count) => new(name) { Description = "Number of scenes; 0 leaves the folder out.", DefaultValueFactory = _ => count };
}
