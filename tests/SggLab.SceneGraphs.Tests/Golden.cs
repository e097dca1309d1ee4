using System.Text.Json;

namespace SggLab.SceneGraphs.Tests;

/// <summary>The files that the reference's own code made.</summary>
internal static class Golden
{
    public static string Folder { get; } = Find();

    public static string PathOf(string file) => Path.Combine(Folder, file);

    public static IEnumerable<JsonElement> Lines(string file)
    {
        foreach (var line in File.ReadLines(PathOf(file)))
            yield return JsonDocument.Parse(line).RootElement.Clone();
    }

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SggLab.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("SggLab.sln is in no folder above the tests.");
        return Path.Combine(folder, "tests", "golden");
    }
}
