using System.Text.Json.Nodes;

namespace SggLab.Datasets.Tests;

/// <summary>Vectors made by the public reference code, under tests/golden/datasets.</summary>
internal static class Golden
{
    public static string Root { get; } = FindRoot();

    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    public static IEnumerable<JsonNode> Lines(params string[] parts) =>
        System.IO.File.ReadLines(File(parts)).Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "SggLab.sln"))) folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("no SggLab.sln above the tests"), "tests", "golden", "datasets");
    }
}

/// <summary>A folder that is gone when the test is over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sgglab-datasets-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
