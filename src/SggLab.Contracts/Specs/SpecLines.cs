namespace SggLab.Contracts.Specs;

/// <summary>Where in a file each setting stands, so that a problem found later can still name its line.</summary>
public sealed class SpecLines
{
    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);

    private SpecLines()
    {
    }

    internal static SpecLines Of(SpecMap root)
    {
        var lines = new SpecLines();
        lines.Walk(root, "");
        return lines;
    }

    /// <summary>The line of a field such as runs[2].grpo.group_size, or of the block that should hold it; null where the file says nothing near it.</summary>
    public long? this[string field]
    {
        get
        {
            for (var at = field; at.Length > 0; at = Parent(at))
                if (_lines.TryGetValue(at, out var line))
                    return line;
            // A file of one run has no list of runs.
            return field.StartsWith("runs[0].", StringComparison.Ordinal) ? this[field["runs[0].".Length..]] : null;
        }
    }

    private static string Parent(string field)
    {
        var cut = Math.Max(field.LastIndexOf('.'), field.EndsWith(']') ? field.LastIndexOf('[') : -1);
        return cut < 0 ? "" : field[..cut];
    }

    private void Walk(SpecNode node, string at)
    {
        if (node is SpecList list)
            for (var i = 0; i < list.Items.Count; i++)
            {
                _lines[$"{at}[{i}]"] = list.Items[i].Line;
                Walk(list.Items[i], $"{at}[{i}]");
            }
        if (node is not SpecMap map)
            return;
        foreach (var entry in map.Entries)
        {
            var field = at.Length == 0 ? entry.Key : $"{at}.{entry.Key}";
            _lines[field] = entry.Line;
            Walk(entry.Value, field);
        }
    }
}
