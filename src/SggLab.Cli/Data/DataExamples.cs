using System.CommandLine;
using SggLab.Cli.Science;
using SggLab.Datasets;
using SggLab.Datasets.Prompts;

namespace SggLab.Cli.Data;

/// <summary>`data examples`: what SFT, RL and inference make of each row.</summary>
internal static class DataExamples
{
    public static Command Create()
    {
        var source = new DataSourceOptions();
        var family = new Option<string?>("--family") { Description = "qwen2_vl or qwen2_5_vl: adds box_scale of that family; both families' scales are printed anyway." };
        family.AcceptOnlyFromAmong("qwen2_vl", "qwen2_5_vl");
        var limit = new Option<int?>("--limit") { Description = "Rows to print." };
        limit.MustBeWithin(0);
        var vocabulary = new Option<string>("--vocabulary") { Description = "Whose prompts: vg150, psg, data (the data set's own columns), or auto by columns and name.", DefaultValueFactory = _ => "auto" };
        vocabulary.AcceptOnlyFromAmong("auto", "vg150", "psg", "data");
        var full = new Option<bool>("--full-texts") { Description = "Print the reference's prompts in full instead of as @open, @close_vg150, @close_psg, @system_sft and @system_rl." };
        var json = new Option<bool>("--json") { Description = "Accepted for symmetry: the output is JSON lines anyway." };
        var command = new LabCommand("examples", "Print what SFT, RL and inference make of each row, a JSON line each: pixels' hash, messages, targets, solutions, box scales.")
        {
            Examples = ["./sgglab data examples vg150/ --limit 3 --full-texts"],
        };
        source.AddTo(command);
        foreach (var option in new Option[] { family, limit, vocabulary, full, json }) command.Add(option);
        command.SetAction(parsed =>
        {
            var path = source.Path(parsed);
            var location = DatasetLocation.Of(path);
            using var output = ScienceOutput.Open();
            foreach (var split in source.Splits(parsed, location))
            {
                using var dataset = location.Open(split, source.Reading(parsed) with { Dangling = DanglingRelations.Keep });
                var row = 0;
                foreach (var example in dataset.Take(parsed.GetValue(limit) ?? int.MaxValue))
                {
                    var texts = parsed.GetValue(vocabulary) switch { "vg150" => PromptSource.Vg150, "psg" => PromptSource.Psg, "data" => PromptSource.DataSet, _ => Guess(path, location, example) };
                    output.WriteLine(new ExampleLine(example, row++, texts, Family(parsed.GetValue(family)), parsed.GetValue(full)).Write());
                }
            }
            return 0;
        });
        return command;
    }

    private static ModelFamily? Family(string? name) => name switch { null => null, "qwen2_vl" => ModelFamily.Qwen2VL, _ => ModelFamily.Qwen25VL };

    // The reference goes by the data set's name; without a name that says so, the published PSG files are those without prompt columns.
    private static PromptSource Guess(string path, DatasetLocation location, SceneGraphExample example)
    {
        if (location.Kind == DatasetKind.VisualGenome) return PromptSource.Vg150;
        if (location.Kind == DatasetKind.Psg) return PromptSource.Psg;
        if (example.PromptClose is { } own && !own.Contains("predefined object set", StringComparison.Ordinal)) return PromptSource.DataSet;
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (name.Contains("psg", StringComparison.OrdinalIgnoreCase)) return PromptSource.Psg;
        return example.PromptClose is not null || name.Contains("vg", StringComparison.OrdinalIgnoreCase) ? PromptSource.Vg150 : PromptSource.Psg;
    }
}
