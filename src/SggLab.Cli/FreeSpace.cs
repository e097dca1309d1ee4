namespace SggLab.Cli;

/// <summary>Room on the disk where a folder lies, or will lie.</summary>
internal static class FreeSpace
{
    /// <returns>The folder, or the nearest above it that is there, and the free bytes under it.</returns>
    public static (string Folder, long Bytes) Under(string folder)
    {
        var at = new DirectoryInfo(folder);
        while (!at.Exists && at.Parent is { } parent)
            at = parent;
        return (at.FullName, new DriveInfo(at.FullName).AvailableFreeSpace);
    }
}
