using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Metrics;

/// <summary>A kept object: its name as written (normalised), the category it was mapped to.</summary>
internal readonly record struct PredictedObject(string Name, string Target, int Label, Box Box);

/// <summary>A kept relation between two kept objects.</summary>
internal readonly record struct PredictedRelation(int Subject, int Object, int Predicate);

/// <summary>A completion in the terms of a vocabulary (<c>sgg_gather_preds.py</c>).</summary>
internal sealed class PredictedGraph
{
    public required ParsedCompletion Parsed { get; init; }
    public required List<PredictedObject> Objects { get; init; }
    public required List<PredictedRelation> Relations { get; init; }

    /// <summary>Objects left out because a coordinate is NaN or infinite.</summary>
    public required int NonFinite { get; init; }

    /// <summary>No usable object: the reference then puts a stand-in with one empty box in its place.</summary>
    public bool IsPlaceholder => Objects.Count == 0;

    public static PredictedGraph Make(RawPrediction prediction, GroundTruthImage image, Vocabulary vocabulary, EvaluationProtocol protocol)
    {
        var parsed = CompletionParser.Parse(prediction.Response, image.Width, image.Height, prediction.BoxScaleWidth, prediction.BoxScaleHeight);
        var objects = new List<PredictedObject>(parsed.Graph.Objects.Count);
        var firstByName = new Dictionary<string, int>(StringComparer.Ordinal);
        var nonFinite = 0;
        foreach (var written in parsed.Graph.Objects)
        {
            if (!vocabulary.TryMapObject(GraphNames.CategoryOf(written.Id), out var target, out var label)) continue;
            if (!protocol.KeepNonFiniteBoxes && !written.Box.IsFinite)
            {
                nonFinite++;
                continue;
            }
            firstByName.TryAdd(written.Id, objects.Count);
            objects.Add(new PredictedObject(written.Id, target, label, written.Box));
        }
        var relations = new List<PredictedRelation>(parsed.Graph.Relationships.Count);
        foreach (var written in parsed.Graph.Relationships)
            if (TryMap(written, vocabulary, firstByName, out var relation)) relations.Add(relation);
        return new PredictedGraph { Parsed = parsed, Objects = objects, Relations = relations, NonFinite = nonFinite };
    }

    private static bool TryMap(SceneRelationship written, Vocabulary vocabulary, Dictionary<string, int> firstByName, out PredictedRelation relation)
    {
        var (subject, predicate, target) = written;
        if (!vocabulary.HasPredicate(predicate) && vocabulary.Passives.TryGetValue(predicate, out var active))
        {
            predicate = active.Target;
            if (active.Swap) (subject, target) = (target, subject);
        }
        relation = default;
        if (!firstByName.TryGetValue(subject, out var from) || !firstByName.TryGetValue(target, out var to)) return false;
        if (!vocabulary.TryMapPredicate(predicate, out var label)) return false;
        relation = new PredictedRelation(from, to, label);
        return true;
    }
}
