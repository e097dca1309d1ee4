using System.Reflection;

namespace SggLab.Tracking.Store;

/// <summary>The numbered scripts of Store/Schema, in order. A released script never changes; a new one follows it.</summary>
internal static class SchemaScripts
{
    public static IReadOnlyList<(int Number, string Name, string Sql)> All { get; } = Load();

    /// <summary>The schema version this release works on.</summary>
    public static int Latest => All[^1].Number;

    private static List<(int, string, string)> Load()
    {
        const string marker = ".Schema.";
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => (File: name[(name.IndexOf(marker, StringComparison.Ordinal) + marker.Length)..], Resource: name))
            .Select(file => (int.Parse(file.File.AsSpan(0, 3), provider: null), file.File, Read(assembly, file.Resource)))
            .OrderBy(script => script.Item1)];
    }

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
