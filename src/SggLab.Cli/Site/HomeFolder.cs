using System.Globalization;
using SggLab.Contracts;

namespace SggLab.Cli.Site;

/// <summary>Makes the home folder and sees that it can be used, before anything is started in it.</summary>
public static class HomeFolder
{
    /// <summary>Free space below which nothing is started: 256 MB, or SGGLAB_MIN_FREE_MB.</summary>
    private static long FreeWanted => (long.TryParse(Environment.GetEnvironmentVariable("SGGLAB_MIN_FREE_MB"), CultureInfo.InvariantCulture, out var megabytes) ? megabytes : 256) << 20;

    public static void Prepare(LabHome home)
    {
        try
        {
            OwnersFile.MakeFolder(home.Folder);
            OwnersFile.MakeFolder(home.Logs);
            var trial = Path.Combine(home.Folder, $".trial-{Environment.ProcessId}");
            File.WriteAllText(trial, "can this folder be written?");
            File.Delete(trial);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The home folder {home.Folder} cannot be written: {e.Message} Name another with --home or SGGLAB_HOME.", 3, e);
        }
        var free = new DriveInfo(home.Folder).AvailableFreeSpace;
        if (free < FreeWanted)
            throw new LabException(string.Create(CultureInfo.InvariantCulture, $"No disk space: {home.Folder} has {free / 1048576.0:0} MB free and a site needs at least {FreeWanted >> 20} MB. Free some, or name a folder on another disk with --home or SGGLAB_HOME."), 3);
    }
}
