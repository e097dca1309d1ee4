using System.Globalization;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Prompts;

/// <summary>Open-vocabulary training: only VG150's base classes and predicates are shown (grpo.py answer_to_ovdr).</summary>
public static class OvdrSplit
{
    private static readonly HashSet<string> Objects = [.. Vocabulary.Vg150Base.Objects];
    private static readonly HashSet<string> Predicates = [.. Vocabulary.Vg150Base.Predicates];

    /// <summary>The example with base objects, renumbered from 1, and the relations among them; null where none is left.</summary>
    public static SceneGraphExample? Of(SceneGraphExample example)
    {
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        var objects = new List<SceneObject>();
        var written = example.ObjectsJson is { } json ? JsonItems.Read(json) : [.. example.Objects.Select(JsonItems.Of)];
        var kept = new List<OrderedDictionary<string, string>>();
        for (var i = 0; i < example.Objects.Count; i++)
        {
            var item = example.Objects[i];
            var name = item.Id.Split('.')[0];
            if (!Objects.Contains(name)) continue;
            var id = string.Create(CultureInfo.InvariantCulture, $"{name}.{objects.Count + 1}");
            renamed[item.Id] = id;
            objects.Add(item with { Id = id });
            kept.Add(new OrderedDictionary<string, string> { ["id"] = PythonDumps.Text(id), ["bbox"] = written[i]["bbox"] });
        }
        var relations = example.Relationships
            .Where(r => Predicates.Contains(r.Predicate) && renamed.ContainsKey(r.Subject) && renamed.ContainsKey(r.Object))
            .Select(r => new SceneRelationship(renamed[r.Subject], r.Predicate, renamed[r.Object]))
            .ToList();
        if (relations.Count == 0) return null;
        return example with { Objects = objects, Relationships = relations, ObjectsJson = JsonItems.Write(kept), RelationshipsJson = PythonDumps.Relationships(relations) };
    }
}
