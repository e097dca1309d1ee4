using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SggLab.Cli;

/// <summary>
/// Writes to a pipe. .NET's console passes over a reader that has left, and its files fail on a pipe whose other owner has made it non-blocking, as ssh and Node.js do:
/// this one fails in the first case and waits in the second.
/// </summary>
internal sealed class PipeStream(SafeFileHandle pipe) : Stream
{
    // The kernel's numbers.
    private const int Interrupted = 4, Full = 11;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="IOException">The kernel's refusal; its HResult is the kernel's number, as in .NET's own streams.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = write(pipe, in MemoryMarshal.GetReference(buffer), buffer.Length);
            if (written >= 0)
                buffer = buffer[(int)written..];
            else if (Marshal.GetLastPInvokeError() is not Interrupted and var refusal)
                WaitOrFail(refusal);
        }
    }

    private static void WaitOrFail(int refusal)
    {
        if (refusal != Full)
            throw new IOException(Marshal.GetPInvokeErrorMessage(refusal), refusal);
        Thread.Sleep(s_pause);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint write(SafeFileHandle file, in byte bytes, nint count);
}
