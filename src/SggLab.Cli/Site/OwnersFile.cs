namespace SggLab.Cli.Site;

/// <summary>Files and folders that nobody but their owner may look into, from the moment they exist.</summary>
internal static class OwnersFile
{
    private const UnixFileMode ReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A folder that is there already keeps its mode: it may be one that others share.</summary>
    public static string MakeFolder(string path) => Directory.CreateDirectory(path, ReadWrite | UnixFileMode.UserExecute).FullName;

    public static void Write(string path, string text)
    {
        var part = $"{path}.{Environment.ProcessId}.part";
        File.Delete(part);
        using (var writer = new StreamWriter(part, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ReadWrite }))
            writer.Write(text);
        File.Move(part, path, overwrite: true);
    }
}
