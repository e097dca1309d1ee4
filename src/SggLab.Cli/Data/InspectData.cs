using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SggLab.Cli.Site;
using SggLab.Datasets.Inspection;

namespace SggLab.Cli.Data;

/// <summary>`data inspect`: counts, the content hash and everything that is wrong; exit code 1 when something is.</summary>
internal static class InspectData
{
    public static Command Create()
    {
        var source = new DataSourceOptions();
        var images = new Option<bool>("--images") { Description = "Decode every picture too." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("inspect", "Read a data set from end to end: counts, content hash, and every row that is broken. Exit code 1 when there are errors.")
        {
            Examples = ["./sgglab data inspect vg150/ --json    # counts and hash of a hub folder", "./sgglab data inspect VG-SGG-with-attri.h5 --images    # decode each picture beside it too"],
            Kept = "inspecting writes nothing.",
        };
        source.AddTo(command);
        command.Add(images);
        command.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            using var progress = new DataProgress("inspecting");
            var report = DatasetInspector.Inspect(source.Path(parsed), new InspectionOptions(parsed.GetValue(images), source.Reading(parsed), source.Split(parsed)), (done, total) =>
            {
                cancellation.ThrowIfCancellationRequested();
                progress.Report(done, total);
            });
            progress.Dispose();
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(report, JsonFile.Contract));
            else Show(report);
            return report.Errors.Count == 0 ? 0 : 1;
        }, CancellationToken.None));
        return command;
    }

    private static void Show(InspectionReport report)
    {
        Line($"format        {report.Format}");
        Line($"content hash  {report.ContentHash ?? "none while there are errors"}");
        foreach (var split in report.Splits) Line($"{split.Name,-12}  {split.Rows:N0} rows, {split.Objects:N0} objects, {split.Relationships:N0} relationships, {split.Predicates} predicates");
        foreach (var problem in report.Errors) Line($"error    {Place(problem)}: {problem.Message}");
        if (report.ErrorsOmitted > 0) Line($"error    and {report.ErrorsOmitted:N0} more");
        foreach (var problem in report.Warnings) Line($"warning  {Place(problem)}: {problem.Message}");
    }

    private static string Place(InspectionProblem problem) =>
        problem.File + (problem.Row is { } row ? string.Create(CultureInfo.InvariantCulture, $", row {row}") : "") + (problem.Field is { } field ? $", field '{field}'" : "");

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
