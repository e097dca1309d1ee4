namespace SggLab.Postgres;

/// <summary>A path without links in it: what the kernel says of a process (its folder, its files) names folders so.</summary>
public static class RealPath
{
    private const int LinksAtMost = 40;

    /// <summary>Follows the links of each folder on the way; the part that does not exist yet stays as it is.</summary>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        for (var followed = 0; followed < LinksAtMost && FirstLink(full) is var (link, tail); followed++)
            full = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(link.FullName)!, link.LinkTarget!, tail));
        return full;
    }

    private static (DirectoryInfo Link, string Tail)? FirstLink(string full)
    {
        var at = "/";
        foreach (var part in full.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            at = Path.Combine(at, part);
            if (new DirectoryInfo(at) is { LinkTarget: not null } link)
                return (link, full[at.Length..].TrimStart('/'));
        }
        return null;
    }
}
