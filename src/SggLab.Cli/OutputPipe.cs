using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SggLab.Cli;

/// <summary>A pipe on standard output whose reader may leave (`… | head -1`). .NET's console passes over that in silence, so a command would work on for nobody.</summary>
internal static class OutputPipe
{
    /// <summary>128 + SIGPIPE, what a shell reports of other programs.</summary>
    public const int ExitCode = 141;

    // EPIPE, as .NET hands the kernel's number on.
    private const int Broken = 32;

    /// <summary>Makes writing fail once the reader has left.</summary>
    public static void Watch()
    {
        if (Open() is { } pipe)
            Console.SetOut(new StreamWriter(pipe, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });
    }

    /// <summary>The pipe that standard output goes to; null where it goes elsewhere.</summary>
    public static PipeStream? Open()
    {
        if (!Console.IsOutputRedirected)
            return null;
        using var output = new FileStream(Handle(), FileAccess.Write, bufferSize: 0);
        return output.CanSeek ? null : new PipeStream(Handle());
    }

    private static SafeFileHandle Handle() => new(1, ownsHandle: false);

    public static bool IsLeft(IOException e) => e.HResult == Broken;
}
