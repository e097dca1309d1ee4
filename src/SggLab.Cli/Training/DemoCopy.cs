using SggLab.Cli.Site;

namespace SggLab.Cli.Training;

/// <summary>examples/demo.yaml reads a copy of the scenes and the model that the first start of a site makes; until it is there, every path of that file is missing.</summary>
internal static class DemoCopy
{
    private static readonly string[] s_holds = ["base", "data"];

    /// <param name="missing">Paths of a run file that are not on this machine.</param>
    /// <returns>What to do; null where no path is of such a copy.</returns>
    public static string? Advice(IEnumerable<string> missing)
    {
        if (missing.Select(CopyOf).FirstOrDefault(copy => copy is not null) is not { } copy)
            return null;
        var made = Demo.Folder(LabHome.Find());
        var step = Directory.Exists(made) ? "" : "./sgglab up (its first start makes them), then ";
        return $"{copy} is not there: it is a copy of the demo's scenes and untrained model. To have it: {step}cp -r {made} {copy}";
    }

    /// <summary>The folder demo that a path is in, where what follows is what the demo holds.</summary>
    private static string? CopyOf(string path)
    {
        for (var (at, below) = (Path.GetDirectoryName(path), Path.GetFileName(path)); at is not null; (at, below) = (Path.GetDirectoryName(at), Path.GetFileName(at)))
        {
            if (Path.GetFileName(at) == "demo" && s_holds.Contains(below) && !Directory.Exists(at))
                return at;
        }
        return null;
    }
}
