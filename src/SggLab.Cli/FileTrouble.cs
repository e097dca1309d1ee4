using SggLab.Contracts;

namespace SggLab.Cli;

/// <summary>What the file system refuses, in a sentence that says what to do: no bug, whichever command meets it.</summary>
internal static class FileTrouble
{
    // The kernel's numbers, as .NET hands them on; its own codes are negative.
    private const int BadDescriptor = 9, NoSpace = 28, ReadOnly = 30, OverQuota = 122, Last = 200;

    /// <returns>Null where it is no trouble with files.</returns>
    public static LabException? InWords(Exception e) => e switch
    {
        UnauthorizedAccessException { InnerException.HResult: BadDescriptor } =>
            new("The standard input is closed, but this command reads it. Give it a pipe or a file: ./sgglab … < FILE", inner: e),
        UnauthorizedAccessException => new($"{FirstLine(e)}. Either it is a folder where a file is wanted, or this account may not read or write it: give another path, or change its owner or mode.", inner: e),
        // An assembly that is not there: a broken build, whatever path the user gave.
        FileNotFoundException { FileName: { } name } when name.Contains(", PublicKeyToken=", StringComparison.Ordinal) => null,
        FileNotFoundException or DirectoryNotFoundException => new($"{FirstLine(e)}. Check the path.", inner: e),
        PathTooLongException => new($"{FirstLine(e)}. Give a shorter one.", inner: e),
        IOException { HResult: NoSpace or OverQuota } => new($"the output cannot be written whole: {FirstLine(e)}. Free some space where it goes, and run the command again.", 3, e),
        IOException { HResult: ReadOnly } => new($"{FirstLine(e)}. Give a path on a disk that can be written.", inner: e),
        IOException { HResult: > 0 and < Last } => new($"{FirstLine(e)}. Check the path, or give another one.", inner: e),
        _ => null,
    };

    private static string FirstLine(Exception e) => e.Message.Split('\n')[0].TrimEnd('.', ' ', '\r');
}
