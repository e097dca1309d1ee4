namespace SggLab.Modeling.Bench;

/// <summary>Files that the tests hold too.</summary>
internal static class Golden
{
    public static string File(params string[] path) => Path.Combine([Root(), .. path]);

    private static string Root()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (System.IO.File.Exists(Path.Combine(folder, "SggLab.sln"))) return Path.Combine(folder, "tests", "golden", "qwen");
        throw new InvalidOperationException("Run the benchmarks inside the repository: they read tests/golden.");
    }
}
