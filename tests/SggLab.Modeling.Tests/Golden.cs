namespace SggLab.Modeling.Tests;

/// <summary>Finds the files written by the reference implementation.</summary>
internal static class Golden
{
    public static string Root { get; } = Path.Combine(Repository(), "tests", "golden", "qwen");

    public static string Model(string name) => Path.Combine(Root, name);

    public static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SggLab.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException("The tests lie outside the repository.");
    }
}
