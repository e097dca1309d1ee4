using System.Globalization;
using SggLab.Cli.Site;

namespace SggLab.Cli;

/// <summary>Keeps the details of an unforeseen error in a file that only its owner reads, so that the terminal shows one sentence.</summary>
internal static class CrashLog
{
    public static string Write(string[] args, Exception error)
    {
        var now = DateTimeOffset.UtcNow;
        var name = string.Create(CultureInfo.InvariantCulture, $"cli-{now:yyyyMMdd-HHmmss}-{Environment.ProcessId}.log");
        var text = string.Create(CultureInfo.InvariantCulture, $"{now:O}\nsgglab {WithoutValues(args)}\n{error}\n");
        foreach (var place in new Func<string>[] { LogsFolder, Path.GetTempPath })
        {
            try
            {
                var path = Path.Combine(place(), name);
                OwnersFile.Write(path, text);
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A full disk or a folder of someone else: the next place may do.
            }
        }
        return "no file (neither the home folder nor the temporary folder can be written)";
    }

    private static string LogsFolder()
    {
        var home = LabHome.Find();
        OwnersFile.MakeFolder(home.Folder);
        return OwnersFile.MakeFolder(home.Logs);
    }

    /// <summary>Option values stay out: a connection string holds a password.</summary>
    internal static string WithoutValues(IReadOnlyList<string> args)
    {
        var shown = new List<string>();
        for (var i = 0; i < args.Count; i++)
            if (args[i].StartsWith('-'))
                shown.Add(args[i].IndexOfAny(['=', ':']) is > 0 and var end ? args[i][..end] + "=…" : args[i]);
            else
                shown.Add(i > 0 && args[i - 1].StartsWith('-') ? "…" : args[i]);
        return string.Join(' ', shown);
    }
}
