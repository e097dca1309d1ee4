using System.Globalization;
using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Client.Faults;

/// <summary>A line of a worker's ledger (STATE/attempts.jsonl).</summary>
/// <param name="Records">Records in the journal.</param>
/// <param name="Acknowledged">Number of the last one that the server acknowledged.</param>
/// <param name="End">How the attempt ended on the worker's side: sent, superseded or refused; open while it goes on.</param>
public sealed record AttemptCount(string RunId, int Attempt, long Records, long Acknowledged, string End)
{
    /// <summary>What a worker's state folder remembers: finished attempts from its ledger, open ones from their folders.</summary>
    public static IReadOnlyList<AttemptCount> Read(string state)
    {
        var ledger = Path.Combine(state, "attempts.jsonl");
        var counts = File.Exists(ledger) ? File.ReadLines(ledger).Select(Line).OfType<AttemptCount>().ToList() : [];
        var open = Path.Combine(state, "attempts");
        if (Directory.Exists(open)) counts.AddRange(Directory.EnumerateDirectories(open).Select(Open).OfType<AttemptCount>());
        return counts;
    }

    // A kill may leave half a line.
    private static AttemptCount? Line(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<AttemptCount>(line, LabJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static AttemptCount? Open(string folder)
    {
        var name = Path.GetFileName(folder);
        var dash = name.LastIndexOf('-');
        var sent = Path.Combine(folder, "sent");
        return dash > 0 && int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            && File.Exists(sent) && long.TryParse(File.ReadAllText(sent), NumberStyles.None, CultureInfo.InvariantCulture, out var acknowledged)
            ? new(name[..dash], attempt, acknowledged, acknowledged, "open") : null;
    }
}
