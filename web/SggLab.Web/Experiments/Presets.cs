namespace SggLab.Web.Experiments;

/// <summary>A YAML file that a person can start from.</summary>
public sealed record Preset(string Name, string Title, string Text);

/// <summary>The example files that ship with the site, and those of the state folder (where `./sgglab up` writes the demo's).</summary>
public sealed class Presets(string home)
{
    private const int MostFiles = 50, LargestFile = 200_000;

    /// <summary>What relative paths of a pasted file count from.</summary>
    public string Home { get; } = home;

    /// <summary>Where `./sgglab up` writes the demo's model and data.</summary>
    public string DemoFolder => Path.Combine(Home, "demo");

    public IReadOnlyList<Preset> List() =>
    [
        .. new[] { DemoFolder, Home, Path.Combine(AppContext.BaseDirectory, "examples") }.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal)).Take(MostFiles)
            .Where(file => new FileInfo(file).Length <= LargestFile).Select(Read).DistinctBy(preset => preset.Name),
    ];

    public Preset? Find(string? name) => List().FirstOrDefault(preset => preset.Name == name);

    private static Preset Read(string file)
    {
        var text = File.ReadAllText(file);
        return new Preset(Path.GetFileNameWithoutExtension(file), TitleOf(text), text);
    }

    /// <summary>The first sentence of the comment that the file begins with, over as many lines as it takes.</summary>
    private static string TitleOf(string text)
    {
        var comment = string.Join(' ', text.TrimStart().Split('\n').TakeWhile(line => line.StartsWith('#')).Select(line => line[1..].Trim()));
        var end = comment.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? comment : comment[..(end + 1)];
    }
}
