namespace SggLab.Cli.Site;

/// <summary>Held by the supervisor for as long as it lives: the kernel lets go of it whatever happens to the process.</summary>
public sealed class SiteLock : IDisposable
{
    private readonly FileStream _file;

    private SiteLock(FileStream file) => _file = file;

    /// <summary>Null when another process holds it.</summary>
    public static SiteLock? TryTake(LabHome home)
    {
        OwnersFile.MakeFolder(home.Folder);
        try { return new(new FileStream(Path.Combine(home.Folder, "up.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)); }
        catch (IOException) { return null; }
    }

    /// <summary>Asks again for half a second: another command may hold it for the moment in which it looks whether it is free.</summary>
    public static async Task<SiteLock?> TakeAsync(LabHome home)
    {
        for (var tries = 0; ; tries++)
        {
            if (TryTake(home) is { } hold)
                return hold;
            if (tries == 10)
                return null;
            await Task.Delay(50);
        }
    }

    public static bool IsFree(LabHome home)
    {
        using var hold = TryTake(home);
        return hold is not null;
    }

    public void Dispose() => _file.Dispose();
}
