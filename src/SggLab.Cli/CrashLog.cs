using SggLab.Cli.Site;

namespace SggLab.Cli;

/// <summary>Keeps the details of an unforeseen error in a file, so that the terminal shows one sentence.</summary>
internal static class CrashLog
{
    public static string Write(string[] args, Exception error)
    {
        var name = $"cli-{DateTimeOffset.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}.log";
        var text = $"{DateTimeOffset.UtcNow:O}\nsgglab {string.Join(' ', args)}\n{error}\n";
        foreach (var folder in new[] { Path.Combine(LabHome.Find().Folder, "logs"), Path.GetTempPath() })
        {
            try
            {
                Directory.CreateDirectory(folder);
                var path = Path.Combine(folder, name);
                File.WriteAllText(path, text);
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A full disk or a folder of someone else: the next place may do.
            }
        }
        return "no file (neither the home folder nor the temporary folder can be written)";
    }
}
