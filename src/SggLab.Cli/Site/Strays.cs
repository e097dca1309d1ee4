using System.Globalization;
using System.Text;
using SggLab.Postgres;

namespace SggLab.Cli.Site;

/// <summary>Every process that the site starts carries its home folder in its environment: the last sweep of `down` asks the kernel, not our files.</summary>
public static class Strays
{
    public const string Variable = "SGGLAB_SUPERVISED_HOME";

    public static IReadOnlyList<ProcessIdentity> Find(LabHome home)
    {
        var mark = Encoding.UTF8.GetBytes($"{Variable}={home.Folder}\0");
        var found = new List<ProcessIdentity>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) && pid != Environment.ProcessId && Carries(pid, mark) && ProcessIdentity.Of(pid) is { } process)
                found.Add(process);
        return found;
    }

    private static bool Carries(int pid, byte[] mark)
    {
        try { return File.ReadAllBytes($"/proc/{pid}/environ").AsSpan().IndexOf(mark) >= 0; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }
}
