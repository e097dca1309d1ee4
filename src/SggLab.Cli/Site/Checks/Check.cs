using System.CommandLine;
using System.Text.Json;
using SggLab.Cli.Science;

namespace SggLab.Cli.Site.Checks;

public static class CheckCommands
{
    public static Command Create()
    {
        var group = new Command("check", "Long checks of the whole, each of a site in a fresh home of its own; exit code 1 when one fails.");
        group.Add(DemoCheckCommand.Create());
        group.Add(FaultsCheckCommand.Create());
        group.Add(SoakCheckCommand.Create());
        group.Add(FuzzCheck.Create());
        group.Add(Training.LearningCheckCommand.Create());
        return group;
    }
}

/// <summary>One statement that a check makes, and whether it held.</summary>
public sealed record Held(string Statement, bool Ok, string Found);

internal static class CheckOutput
{
    /// <summary>The document on standard output with --json, a list for people without. Returns the exit code.</summary>
    public static int Conclude<T>(T document, IReadOnlyList<Held> statements, bool json)
    {
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(document, JsonFile.Contract));
        foreach (var held in statements)
            (json ? Console.Error : Console.Out).WriteLine($"{(held.Ok ? "ok    " : "FAILED")} {held.Statement}: {held.Found}");
        return statements.All(s => s.Ok) ? 0 : 1;
    }

    /// <summary>With the time of day, on standard error.</summary>
    public static void Say(string line) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {line}");
}
