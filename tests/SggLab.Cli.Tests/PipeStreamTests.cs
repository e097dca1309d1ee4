using System.IO.Pipes;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SggLab.Cli.Tests;

public sealed class PipeStreamTests
{
    // fcntl's F_SETFL, and the flag by which a write to a full pipe fails instead of waiting.
    private const int SetFlags = 4, NonBlocking = 0x800;

    [Fact]
    public async Task A_non_blocking_pipe_whose_reader_is_slow_gets_every_byte_once()
    {
        using var reader = new AnonymousPipeServerStream(PipeDirection.In);
        using var end = new SafeFileHandle(reader.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        fcntl(end, SetFlags, NonBlocking).ShouldBe(0);
        var sent = new byte[1_000_003];
        for (var i = 0; i < sent.Length; i++)
            sent[i] = (byte)(i % 251);

        var writing = Task.Run(() =>
        {
            new PipeStream(end).Write(sent);
            reader.DisposeLocalCopyOfClientHandle();
        }, TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        writing.IsCompleted.ShouldBeFalse("the pipe is full, and nobody has read yet");
        using var read = new MemoryStream();
        await reader.CopyToAsync(read, TestContext.Current.CancellationToken);

        await writing;
        read.ToArray().ShouldBe(sent);
    }

    [Fact]
    public void Writing_fails_once_the_reader_has_left()
    {
        using var reader = new AnonymousPipeServerStream(PipeDirection.In);
        using var end = new SafeFileHandle(reader.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        reader.SafePipeHandle.Dispose();

        OutputPipe.IsLeft(Should.Throw<IOException>(() => new PipeStream(end).Write([1]))).ShouldBeTrue();
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fcntl(SafeFileHandle file, int command, int flags);
}
