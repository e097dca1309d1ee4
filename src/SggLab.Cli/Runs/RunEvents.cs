using System.CommandLine;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Runs;

/// <summary>`run events ID`: every event of the run and its attempts, in the order they were stored.</summary>
internal static class RunEvents
{
    private const int LongestText = 160;

    public static Command Create()
    {
        var id = RunCommands.RunId();
        var json = new Option<bool>("--json") { Description = "Print one JSON document a line, an event each, with its whole data." };
        var site = new SiteConnection();
        var command = new LabCommand("events", "Print every event of a run and its attempts, in the order they were stored.")
        {
            Arguments = { id },
            Options = { json },
            Examples = ["./sgglab run events 7f3a9k2m1c", "./sgglab run events 7f3a9k2m1c --json | jq -c 'select(.type==\"checkpoint_saved\")'"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var asJson = parsed.GetValue(json);
            var run = await RunReference.FindAsync(client, parsed.GetRequiredValue(id), stop);
            await foreach (var item in client.EventsAsync(run, stop))
                if (asJson) Report.JsonLine(item);
                else Console.Out.WriteLine(Line(item));
            return 0;
        });
        return command;
    }

    private static string Line(EventItem item)
    {
        var data = item.Data.GetRawText();
        if (data.Length > LongestText) data = data[..LongestText] + "…";
        return $"{item.Sequence,8}  {Report.Time(item.At)}  {item.Stream}@{item.Version}  {item.Type}  {data}";
    }
}
