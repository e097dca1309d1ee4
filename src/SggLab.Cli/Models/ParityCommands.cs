using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Modeling;

namespace SggLab.Cli.Models;

/// <summary>`parity FOLDER`: proves on files of the reference implementation that models here compute the same.</summary>
public static class ParityCommands
{
    private const int MostRepeated = 20;

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A folder laid out like tests/golden/qwen, or one model folder of it." };
        var json = new Option<bool>("--json") { Description = "Print a JSON line an item." };
        var command = new LabCommand("parity", "Compare tokenizer, images, models, training, generation and adapters with files of the reference implementation.")
        {
            Arguments = { folder },
            Options = { json },
            Examples = ["./sgglab parity tests/golden/qwen  # every file of the goldens", "./sgglab parity tests/golden/qwen/qwen2-vl-tiny --json  # one model, as JSON lines"],
            Kept = "what was compared stands above, the rest was not.",
        };
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(parsed.GetValue(folder)!, parsed.GetValue(json), cancellation), CancellationToken.None));
        return command;
    }

    private static int Run(string folder, bool json, CancellationToken cancellation)
    {
        var (items, failed, watch) = (0, new List<ParityItem>(), Stopwatch.StartNew());
        foreach (var item in ParityFolder.Check(folder, GrpoParity.Of))
        {
            cancellation.ThrowIfCancellationRequested();
            if (item.Reason is { } reason)
            {
                // JSON lines hold what was compared.
                (json ? Console.Error : Console.Out).WriteLine($"-   {item.Item}: not compared ({reason})");
                continue;
            }
            items++;
            if (!item.Ok)
                failed.Add(item);
            Console.WriteLine(json ? Json(item) : Line(item));
        }
        if (items == 0)
            throw new LabException($"{folder} holds nothing to compare.");
        if (!json)
        {
            // Again, since thousands of lines may stand between them and the end.
            foreach (var item in failed.Take(MostRepeated))
                Console.WriteLine(Line(item));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{items} items, {(failed.Count == 0 ? "all ok" : $"{failed.Count} not ok")} ({watch.Elapsed.TotalSeconds:0} s)"));
        }
        return failed.Count == 0 ? 0 : 1;
    }

    private static string Json(ParityItem item) => JsonSerializer.Serialize(new
    {
        item = item.Item,
        maxAbsError = double.IsFinite(item.MaxAbsError) ? item.MaxAbsError : (double?)null, // JSON has no infinity.
        tolerance = item.Tolerance,
        ok = item.Ok,
    });

    private static string Line(ParityItem item) =>
        string.Create(CultureInfo.InvariantCulture, $"{(item.Ok ? "ok " : "NOT OK")} {item.Item}: {item.MaxAbsError:g3} (at most {item.Tolerance:g3})");
}
