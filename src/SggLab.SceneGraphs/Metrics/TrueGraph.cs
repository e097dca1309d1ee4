using SggLab.Contracts;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>A ground truth in labels: what the figures are worked out from.</summary>
internal sealed class TrueGraph
{
    public required GroundTruthImage Image { get; init; }
    public required int[] Labels { get; init; }

    /// <summary>Subject and object as indices, predicate as label.</summary>
    public required PredictedRelation[] Relations { get; init; }

    /// <summary>Number of its first object among all objects of the data set.</summary>
    public required int FirstAnnotation { get; init; }

    /// <exception cref="LabException">A name outside the vocabulary, or a relation to an object that is not listed.</exception>
    public static TrueGraph Make(GroundTruthImage image, Vocabulary vocabulary, int firstAnnotation)
    {
        var (objects, relationships) = image.Graph;
        var labels = new int[objects.Count];
        var indexById = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < objects.Count; i++)
        {
            var category = GraphNames.CategoryOf(objects[i].Id);
            if (!vocabulary.TryGetObjectLabel(category, out labels[i]))
                throw Bad($"object {i + 1} (\"{objects[i].Id}\") has the category \"{category}\"", $"one of the {vocabulary.Objects.Count} categories of {vocabulary.Name}");
            indexById.TryAdd(objects[i].Id, i);
        }
        var relations = new PredictedRelation[relationships.Count];
        for (var i = 0; i < relations.Length; i++)
        {
            var (subject, predicate, target) = relationships[i];
            if (!vocabulary.TryGetPredicateLabel(predicate, out var label))
                throw Bad($"relationship {i + 1} has the predicate \"{predicate}\"", $"one of the {vocabulary.Predicates.Count} predicates of {vocabulary.Name}");
            relations[i] = new PredictedRelation(IndexOf(subject, i, "subject"), IndexOf(target, i, "object"), label);
        }
        return new TrueGraph { Image = image, Labels = labels, Relations = relations, FirstAnnotation = firstAnnotation };

        int IndexOf(string id, int relation, string end) => indexById.TryGetValue(id, out var index)
            ? index
            : throw Bad($"relationship {relation + 1} has the {end} \"{id}\"", "the id of one of the image's objects");

        LabException Bad(string given, string wanted) => new($"{At(image.Source)}Ground truth of image {image.ImageId}: {given}; wanted {wanted}. Correct the data set, or name the vocabulary that it uses.");
    }

    /// <summary>The beginning of a message about something that was read there.</summary>
    public static string At(string? source) => source is null ? "" : source + ": ";
}
