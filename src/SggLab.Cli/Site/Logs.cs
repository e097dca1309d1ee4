using System.CommandLine;
using SggLab.Contracts;

namespace SggLab.Cli.Site;

public static class LogsCommands
{
    public static Command Create()
    {
        var home = HomeOption.Create();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on showing what is added, until Ctrl-C." };
        var lines = new Option<int>("--lines", "-n") { Description = "How many of the last lines to show of each log.", DefaultValueFactory = _ => 20 };
        var which = new Argument<string[]>("name") { Description = "supervisor, web, worker-1, …, postgres; all where none is named.", Arity = ArgumentArity.ZeroOrMore };
        var command = new LabCommand("logs", "Show the logs of the supervisor, which starts and restarts the site's processes, and of these processes.")
        {
            Examples = ["./sgglab logs --follow", "./sgglab logs web -n 100"],
        };
        command.Add(which);
        foreach (var option in new Option[] { home, follow, lines })
            command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var files = Files(LabHome.Find(parsed.GetValue(home)), parsed.GetValue(which) ?? []);
            foreach (var file in files)
                file.ShowLast(parsed.GetValue(lines));
            while (parsed.GetValue(follow))
            {
                await Task.Delay(300, cancel);
                foreach (var file in files)
                    file.ShowNew();
            }
            return 0;
        });
        return command;
    }

    private static List<FollowedLog> Files(LabHome home, string[] names)
    {
        var there = Directory.Exists(home.Logs) ? Directory.GetFiles(home.Logs, "*.log").Order(StringComparer.Ordinal).ToDictionary(f => Path.GetFileNameWithoutExtension(f)!) : [];
        var postgres = Path.Combine(home.Postgres, "log");
        if (File.Exists(postgres))
            there["postgres"] = postgres;
        if (there.Count == 0)
            throw new LabException($"There are no logs in {home.Logs} yet; ./sgglab up makes them.", 1);
        if (names.FirstOrDefault(n => !there.ContainsKey(n)) is { } unknown)
            throw new LabException($"There is no log \"{unknown}\"; there are {string.Join(", ", there.Keys)}.");
        var chosen = names.Length > 0 ? names : [.. there.Keys.Where(k => !k.StartsWith("cli-", StringComparison.Ordinal))];
        return [.. chosen.Select(n => new FollowedLog(n, there[n], prefix: chosen.Length > 1))];
    }
}

/// <summary>A log file read to its end, and on from there.</summary>
internal sealed class FollowedLog(string name, string path, bool prefix)
{
    private long _at;

    public void ShowLast(int lines)
    {
        using var reader = Open(from: Math.Max(0, new FileInfo(path).Length - (1 << 20)));
        var kept = new Queue<string>();
        while (reader.ReadLine() is { } line)
        {
            kept.Enqueue(line);
            if (kept.Count > lines)
                kept.Dequeue();
        }
        _at = reader.BaseStream.Position;
        foreach (var line in kept)
            Show(line);
    }

    public void ShowNew()
    {
        var length = new FileInfo(path).Length;
        if (length < _at)
            _at = 0; // It was trimmed.
        if (length == _at)
            return;
        using var reader = Open(_at);
        while (reader.ReadLine() is { } line)
            Show(line);
        _at = reader.BaseStream.Position;
    }

    private StreamReader Open(long from)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = from;
        return new(file);
    }

    private void Show(string line) => Console.WriteLine(prefix ? $"{name,-11} {line}" : line);
}
