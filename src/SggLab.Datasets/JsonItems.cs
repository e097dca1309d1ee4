using System.Text.Json;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets;

/// <summary>
/// Items of a JSON list as key and JSON text, in the order of their keys, rewritten as Python would write them again: this
/// keeps what a data set says beyond the keys that are understood, and tells 17 from 17.0.
/// </summary>
internal static class JsonItems
{
    /// <summary>The text must have been read before, see <see cref="GraphJson"/>.</summary>
    public static List<OrderedDictionary<string, string>> Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(Read)];
    }

    public static OrderedDictionary<string, string> Of(SceneObject item) => new() { ["id"] = PythonDumps.Text(item.Id), ["bbox"] = PythonDumps.Box(item.Box) };

    public static OrderedDictionary<string, string> Of(SceneRelationship item) => new()
    {
        ["subject"] = PythonDumps.Text(item.Subject),
        ["predicate"] = PythonDumps.Text(item.Predicate),
        ["object"] = PythonDumps.Text(item.Object),
    };

    public static string Write(OrderedDictionary<string, string> item) => "{" + string.Join(", ", item.Select(pair => PythonDumps.Text(pair.Key) + ": " + pair.Value)) + "}";

    public static string Write(IEnumerable<OrderedDictionary<string, string>> items) => "[" + string.Join(", ", items.Select(Write)) + "]";

    private static OrderedDictionary<string, string> Read(JsonElement item)
    {
        var keys = new OrderedDictionary<string, string>();
        foreach (var property in item.EnumerateObject()) keys[property.Name] = PythonDumps.Value(property.Value);
        return keys;
    }
}
