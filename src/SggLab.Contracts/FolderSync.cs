using System.ComponentModel;
using System.Runtime.InteropServices;

namespace SggLab.Contracts;

/// <summary>Puts a folder's entries on disk. .NET opens no folders, so this is the C library's fsync.</summary>
public static partial class FolderSync
{
    /// <summary>After this a file created, renamed or deleted in the folder stays so through a power cut.</summary>
    /// <exception cref="IOException">The folder is not there, or its disk fails.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(folder, 0);
        if (handle < 0)
            throw new IOException($"Cannot open folder {folder}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        try
        {
            if (Fsync(handle) != 0)
                throw new IOException($"Cannot write folder {folder} to disk: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
