using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets;

/// <summary>What to do about a relation that names no object of its image. The reference's reader lets it pass.</summary>
public enum DanglingRelations
{
    /// <summary>A DatasetException: right for evaluation and inspection, where such a relation can never be matched.</summary>
    Refuse,

    /// <summary>The example is kept as it is, as in the reference's training.</summary>
    Keep,
}

/// <summary>Rules that hold between an example's objects and its relationships.</summary>
internal static class GraphChecks
{
    public static void Check(SceneGraphExample example, DanglingRelations dangling) =>
        Check(example.Objects, example.Relationships, example.Origin, dangling);

    public static void Check(IReadOnlyList<SceneObject> objects, IReadOnlyList<SceneRelationship> relations, RowOrigin origin, DanglingRelations dangling)
    {
        var ids = new HashSet<string>(objects.Count, StringComparer.Ordinal);
        for (var i = 0; i < objects.Count; i++)
            if (!ids.Add(objects[i].Id)) throw origin.Error("objects", $"item {i}: the id \"{objects[i].Id}\" is used twice; ids must differ within an image");
        if (dangling == DanglingRelations.Keep) return;
        for (var i = 0; i < relations.Count; i++)
        {
            var relation = relations[i];
            if (!ids.Contains(relation.Subject)) throw Missing(i, "subject", relation.Subject);
            if (!ids.Contains(relation.Object)) throw Missing(i, "object", relation.Object);
        }

        DatasetException Missing(int item, string key, string id) =>
            origin.Error("relationships", $"item {item}: the {key} \"{id}\" is not among the image's {objects.Count} objects; add the object or drop the relation");
    }
}
