namespace SggLab.Web.Experiments;

/// <summary>A YAML file that a person can start from.</summary>
public sealed record Preset(string Name, string Title, string Text);

/// <summary>The example files that ship with the site, and those of the state folder (where `sgglab up` writes the demo's).</summary>
public sealed class Presets(string home)
{
    private const int MostFiles = 50, LargestFile = 200_000;

    /// <summary>What relative paths of a pasted file count from.</summary>
    public string Home { get; } = home;

    /// <summary>Where `sgglab up` writes the demo's model and data.</summary>
    public string DemoFolder => Path.Combine(Home, "demo");

    public IReadOnlyList<Preset> List() =>
    [
        .. new[] { DemoFolder, Home, Path.Combine(AppContext.BaseDirectory, "examples") }.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal)).Take(MostFiles)
            .Where(file => new FileInfo(file).Length <= LargestFile).Select(Read).DistinctBy(preset => preset.Name),
    ];

    public Preset? Find(string? name) => List().FirstOrDefault(preset => preset.Name == name);

    /// <summary>The title is the file's first comment.</summary>
    private static Preset Read(string file)
    {
        var text = File.ReadAllText(file);
        var first = text.AsSpan().TrimStart();
        var title = first is ['#', ..] ? first[1..].Trim().ToString().Split('\n')[0].Trim() : "";
        return new Preset(Path.GetFileNameWithoutExtension(file), title, text);
    }
}
