using System.Globalization;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Completions;

/// <summary>What could be made out of a completion that the reference refuses.</summary>
/// <param name="Graph">Normalised names, boxes in pixels of the image.</param>
/// <param name="Repairs">A sentence for each thing that was mended or left out; empty where the reference reads it too.</param>
public sealed record TolerantCompletion(SceneGraph Graph, IReadOnlyList<string> Repairs);

/// <summary>
/// Reads completions as a person would: for display, and to see how much of a failure is form only. Never for a figure that is compared with
/// others: those come from <see cref="CompletionParser"/>.
/// </summary>
public static class TolerantParser
{
    /// <summary>Longer completions are cut here, which is one of the repairs.</summary>
    public const int MaxLength = 200_000;

    /// <inheritdoc cref="CompletionParser.Parse"/>
    public static TolerantCompletion Parse(string response, double imageWidth, double imageHeight, double boxScaleWidth = 1000, double boxScaleHeight = 1000)
    {
        var parsed = CompletionParser.Parse(response, imageWidth, imageHeight, boxScaleWidth, boxScaleHeight);
        if (parsed.Failure is null) return new TolerantCompletion(parsed.Graph, []);
        var repairs = new SortedSet<string>(StringComparer.Ordinal);
        if (response.Length > MaxLength)
        {
            repairs.Add(string.Create(CultureInfo.InvariantCulture, $"The completion was cut to {MaxLength} characters."));
            response = response[..MaxLength];
        }
        var root = FindGraph(response, repairs);
        if (root is null) return new TolerantCompletion(SceneGraph.Empty, ["There is no object with \"objects\" or \"relationships\" in it."]);
        var objects = Objects(root, repairs).Select(o => o with { Box = o.Box.Scale(imageWidth / boxScaleWidth, imageHeight / boxScaleHeight) }).ToList();
        var relationships = Relationships(root, repairs);
        if (repairs.Count == 0) repairs.Add($"The reference refuses it: {parsed.Failure.Message}");
        return new TolerantCompletion(new SceneGraph(objects, relationships), [.. repairs]);
    }

    // The first opening brace whose value has one of the two keys; what lies before and after is passed over.
    private static LenientValue.Map? FindGraph(string text, SortedSet<string> repairs)
    {
        var answer = text.LastIndexOf("<answer>", StringComparison.OrdinalIgnoreCase);
        for (var (at, tries) = (text.IndexOf('{', Math.Max(0, answer)), 0); at >= 0 && tries < 20; at = text.IndexOf('{', at + 1), tries++)
        {
            var found = new SortedSet<string>(StringComparer.Ordinal);
            var value = LenientJson.Read(text, at, found, out var end);
            if (value is not LenientValue.Map map || !(map.Members.ContainsKey("objects") || map.Members.ContainsKey("relationships"))) continue;
            repairs.UnionWith(found);
            if (HasProse(text[..at]) || HasProse(text[end..])) repairs.Add("Text around the graph was passed over.");
            return map;
        }
        return null;
    }

    private static bool HasProse(string text)
    {
        var think = text.LastIndexOf("</think>", StringComparison.OrdinalIgnoreCase);
        var rest = think < 0 ? text : text[(think + 8)..];
        foreach (var mark in (string[])["<answer>", "</answer>", "<think>", "```", "json", "<|im_end|>"])
            rest = rest.Replace(mark, "", StringComparison.OrdinalIgnoreCase);
        return rest.Trim().Length > 0;
    }

    private static IEnumerable<SceneObject> Objects(LenientValue.Map root, SortedSet<string> repairs)
    {
        foreach (var item in Items(root, "objects", repairs))
        {
            if (item is LenientValue.Map map && map.Members.GetValueOrDefault("id") is LenientValue.Text id && BoxOf(map, repairs) is { } box)
                yield return new SceneObject(GraphNames.Refine(id.Value), box);
            else
                repairs.Add("An object without an id or a box of four numbers was left out.");
        }
    }

    private static Box? BoxOf(LenientValue.Map map, SortedSet<string> repairs)
    {
        if (map.Members.GetValueOrDefault("bbox") is not LenientValue.List list) return null;
        // Two corners as two lists are as clear as one list of four.
        var flat = list.Items.SelectMany(i => i is LenientValue.List inner ? inner.Items : [i]).ToList();
        if (flat.Count != list.Items.Count) repairs.Add("A box of nested lists was flattened.");
        var numbers = flat.Select(i => NumberOf(i, repairs)).OfType<double>().ToList();
        return flat.Count == 4 && numbers.Count == 4 ? new Box(numbers[0], numbers[1], numbers[2], numbers[3]) : null;
    }

    private static double? NumberOf(LenientValue value, SortedSet<string> repairs)
    {
        if (value is LenientValue.Number { Value: var number }) return double.IsFinite(number) ? number : null;
        if (value is not LenientValue.Text text || !double.TryParse(text.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out number) || !double.IsFinite(number)) return null;
        repairs.Add("A number was written as text.");
        return number;
    }

    private static List<SceneRelationship> Relationships(LenientValue.Map root, SortedSet<string> repairs)
    {
        var relationships = new List<SceneRelationship>();
        foreach (var item in Items(root, "relationships", repairs))
        {
            if (item is LenientValue.Map { Members: var m } && m.GetValueOrDefault("subject") is LenientValue.Text subject
                && m.GetValueOrDefault("predicate") is LenientValue.Text predicate && m.GetValueOrDefault("object") is LenientValue.Text target)
                relationships.Add(new SceneRelationship(GraphNames.Refine(subject.Value), GraphNames.Refine(predicate.Value), GraphNames.Refine(target.Value)));
            else
                repairs.Add("A relationship without a subject, predicate or object was left out.");
        }
        return relationships;
    }

    private static IReadOnlyList<LenientValue> Items(LenientValue.Map root, string key, SortedSet<string> repairs)
    {
        if (root.Members.GetValueOrDefault(key) is LenientValue.List list) return list.Items;
        repairs.Add($"There is no list \"{key}\".");
        return [];
    }
}
