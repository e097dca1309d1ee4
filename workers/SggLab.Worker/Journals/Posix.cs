using System.Runtime.InteropServices;

namespace SggLab.Worker.Journals;

/// <summary>Calls that .NET does not offer: hard links, the native environment (libgomp reads no other), leaving without clean-up.</summary>
public static class Posix
{
    /// <summary>False when the two paths lie on different file systems or the system knows no hard links.</summary>
    public static bool TryHardLink(string existing, string link) => !OperatingSystem.IsWindows() && NativeLink(existing, link) == 0;

    public static void SetEnvironment(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        if (!OperatingSystem.IsWindows()) _ = NativeSetenv(name, value, 1);
    }

    /// <summary>Ends the process without running destructors of native libraries.</summary>
    public static void ExitNow(int code)
    {
        Console.Out.Flush();
        if (!OperatingSystem.IsWindows()) NativeExit(code);
        Environment.Exit(code);
    }

    /// <summary>The error number of a write past the limit of file sizes.</summary>
    public const int FileTooLarge = 27;
    private const int NoSpace = 28, QuotaUsed = 122;

    public static bool IsDiskFull(Exception e) => e is IOException { HResult: NoSpace or QuotaUsed or FileTooLarge };

    [DllImport("libc", EntryPoint = "link", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int NativeLink([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string link);

    [DllImport("libc", EntryPoint = "setenv", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int NativeSetenv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);

    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void NativeExit(int code);
}
