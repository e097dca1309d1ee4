using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SggLab.Contracts.Specs;

/// <summary>A YAML value that still knows its line after blocks have been merged.</summary>
internal abstract record SpecNode(long Line);

/// <param name="IsPlain">Not quoted: only then do null, ~ and nothing mean "no value".</param>
internal sealed record SpecScalar(long Line, string Text, bool IsPlain) : SpecNode(Line)
{
    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed record SpecList(long Line, IReadOnlyList<SpecNode> Items) : SpecNode(Line);

internal sealed record SpecEntry(string Key, long Line, SpecNode Value);

internal sealed record SpecMap(long Line, IReadOnlyList<SpecEntry> Entries) : SpecNode(Line)
{
    public SpecNode? this[string key] => Entries.FirstOrDefault(entry => entry.Key == key)?.Value;
    public bool Has(string key) => Entries.Any(entry => entry.Key == key);
}

/// <summary>YAML text to nodes, with bounds on size and depth so that no file, however made, costs more than a moment.</summary>
internal static class SpecTree
{
    private const int DeepestBlock = 16, MostNodes = 20_000;

    public static SpecMap Parse(string text, string path)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new LabException($"{path}, line {e.Start.Line}: this is not valid YAML: {e.Message}", inner: e);
        }
        catch (InvalidOperationException e)
        {
            // The library's scanner gives up so on a bracket that nothing closes.
            throw new LabException($"{path}, line {LineOfOpenBracket(text)}: this is not valid YAML: a {{ or [ is never closed.", inner: e);
        }
        if (stream.Documents.Count != 1)
            throw new LabException($"{path}: found {stream.Documents.Count} YAML documents; a run file holds exactly one.");
        var nodes = 0;
        return Convert(stream.Documents[0].RootNode, path, 0, ref nodes) as SpecMap
            ?? throw new LabException($"{path}, line 1: a run file is made of 'key: value' lines; see examples/demo.yaml.");
    }

    private static int LineOfOpenBracket(string text)
    {
        var open = new Stack<int>();
        foreach (var (index, line) in text.Split('\n').Index())
        {
            foreach (var sign in line.AsSpan(0, line.IndexOf('#') is >= 0 and var comment ? comment : line.Length))
            {
                if (sign is '{' or '[')
                    open.Push(index + 1);
                else if (sign is '}' or ']')
                    open.TryPop(out _);
            }
        }
        return open.TryPeek(out var last) ? last : 1;
    }

    private static SpecNode Convert(YamlNode node, string path, int depth, ref int nodes)
    {
        if (depth > DeepestBlock || ++nodes > MostNodes)
            throw new LabException($"{path}, line {node.Start.Line}: more than {DeepestBlock} levels or {MostNodes} values; a run file needs four levels.");
        switch (node)
        {
            case YamlScalarNode scalar:
                return new SpecScalar(node.Start.Line, scalar.Value ?? "", scalar.Style == ScalarStyle.Plain);
            case YamlSequenceNode sequence:
                var items = new List<SpecNode>();
                foreach (var item in sequence)
                    items.Add(Convert(item, path, depth + 1, ref nodes));
                return new SpecList(node.Start.Line, items);
            case YamlMappingNode mapping:
                var entries = new List<SpecEntry>();
                foreach (var (key, value) in mapping)
                    entries.Add(new SpecEntry((key as YamlScalarNode)?.Value ?? "", key.Start.Line, Convert(value, path, depth + 1, ref nodes)));
                return new SpecMap(node.Start.Line, entries);
            default:
                throw new LabException($"{path}, line {node.Start.Line}: only values, lists and 'key: value' blocks are understood here.");
        }
    }
}
