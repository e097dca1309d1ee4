using System.Text.Json;
using SggLab.Client.Faults;
using SggLab.Contracts;

namespace SggLab.Worker.Attempts;

/// <summary>A line for every attempt this worker finished: how many records it wrote and how many the server acknowledged. `check faults` holds the store to it.</summary>
public sealed class AttemptLedger(string file)
{
    public void Add(AttemptFolder attempt, string end)
    {
        var line = JsonSerializer.Serialize(new AttemptCount(attempt.Identity.RunId, attempt.Identity.Attempt, attempt.Journal.Last, attempt.Sent, end), LabJson.Options);
        File.AppendAllText(file, line + "\n");
    }
}
