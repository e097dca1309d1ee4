using System.Diagnostics;
using System.Runtime.CompilerServices;
using SggLab.Contracts.Records;
using SggLab.Worker.Journals;

namespace SggLab.Worker.Tests.Journals;

/// <summary>A process of its own that appends to a journal until it is killed or cannot go on, and prints each number once it is acknowledged.</summary>
internal static class JournalWriterProcess
{
    private const string FolderVariable = "SGGLAB_TEST_JOURNAL_FOLDER";

    /// <param name="fileLimitKilobytes">Writes past this size of a file fail, as they do on a full disk; null = no limit.</param>
    public static Process Start(string folder, int? fileLimitKilobytes = null)
    {
        var dotnet = $"\"{Environment.ProcessPath}\"{(Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? $" \"{typeof(JournalWriterProcess).Assembly.Location}\"" : "")}";
        var limit = fileLimitKilobytes is { } kilobytes ? $"trap '' XFSZ; ulimit -f {kilobytes}; " : "";
        var start = new ProcessStartInfo("bash", ["-c", $"{limit}exec {dotnet}"]) { RedirectStandardOutput = true };
        start.Environment[FolderVariable] = folder;
        // The runtime's own mappings would run into the limit of file sizes.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Process.Start(start)!;
    }

    // Runs before the test runner's Main, so that the same program can be the writer.
    [ModuleInitializer]
    internal static void WriteIfAsked()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { } folder) return;
        using var journal = Journal.Open(folder, segmentBytes: 4096);
        try
        {
            while (true) Console.WriteLine(journal.Append(RecordTypes.Log, DateTimeOffset.UnixEpoch, new LogRecord("info", new string('x', (int)(journal.Last % 300)))));
        }
        catch (IOException e)
        {
            Console.WriteLine(Posix.IsDiskFull(e) ? "full" : e.ToString());
            Environment.Exit(0);
        }
    }
}
