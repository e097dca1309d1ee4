using System.Collections.Concurrent;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Completions;

/// <summary>Reads completions as the reference's evaluation does (<c>sgg_gather_preds.py</c>): the first thing out of place fails the whole.</summary>
public static class CompletionParser
{
    /// <summary>Longer completions fail with <see cref="CompletionFailureKind.TooLong"/>; models write a few thousand characters.</summary>
    public const int MaxLength = 10_000_000;

    private static readonly ConcurrentBag<Reader> Readers = [];

    /// <param name="response">The raw text of the model.</param>
    /// <param name="imageWidth">Pixels of the image that the boxes are wanted in.</param>
    /// <param name="boxScaleWidth">The frame that the model writes x in: 1000, or the width of the image that it saw. Not 0.</param>
    public static ParsedCompletion Parse(string response, double imageWidth, double imageHeight, double boxScaleWidth = 1000, double boxScaleHeight = 1000)
    {
        if (response.Length > MaxLength)
        {
            return new ParsedCompletion
            {
                Extracted = "",
                Failure = new CompletionFailure(CompletionFailureKind.TooLong, $"{response.Length} characters; at most {MaxLength} are read."),
            };
        }
        if (!Readers.TryTake(out var reader)) reader = new Reader();
        var parsed = reader.Read(response, imageWidth / boxScaleWidth, imageHeight / boxScaleHeight);
        // One that has grown with a giant is left to the collector.
        if (response.Length < 200_000) Readers.Add(reader);
        return parsed;
    }

    private sealed class Reader
    {
        private readonly PythonJson _json = new();
        private char[] _buffer = [];
        private Range _answer;
        private double _scaleX;
        private double _scaleY;

        private ReadOnlySpan<char> Answer => _buffer.AsSpan(_answer);

        public ParsedCompletion Read(string response, double scaleX, double scaleY)
        {
            (_scaleX, _scaleY) = (scaleX, scaleY);
            _answer = AnswerText.Extract(response, ref _buffer);
            var failure = TryRead(out var graph);
            return new ParsedCompletion { Extracted = Answer.ToString(), Failure = failure, Graph = failure is null ? graph : SceneGraph.Empty };
        }

        private CompletionFailure? TryRead(out SceneGraph graph)
        {
            graph = SceneGraph.Empty;
            if (!_json.TryParse(Answer)) return JsonFailure(_json.Error!);
            if (_json[0].Kind != JsonKind.Object) return Wrong("the answer", 0, "an object with \"objects\" and \"relationships\"");
            if (Find(0, "objects") is not { } objects) return Missing(CompletionFailureKind.MissingObjects, "The answer", "objects");
            if (Find(0, "relationships") is not { } relationships) return Missing(CompletionFailureKind.MissingRelationships, "The answer", "relationships");
            if (ReadObjects(objects, out var nodes) is { } badObject) return badObject;
            if (ReadRelationships(relationships, out var edges) is { } badRelation) return badRelation;
            graph = new SceneGraph(nodes, edges);
            return null;
        }

        private CompletionFailure? ReadObjects(int list, out List<SceneObject> objects)
        {
            objects = [];
            if (!_json.TryIterate(list, out var count)) return Wrong("\"objects\"", list, "a list");
            var at = list + 1;
            for (var i = 0; i < count; i++, at = _json[at].Next)
            {
                var where = $"Object {i + 1}";
                if (_json[at].Kind != JsonKind.Object) return Wrong(where, at, "an object with \"id\" and \"bbox\"");
                if (Find(at, "bbox") is not { } bbox) return Missing(CompletionFailureKind.MissingBbox, where, "bbox");
                if (ReadBox(bbox, where, out var box) is { } badBox) return badBox;
                if (Find(at, "id") is not { } id) return NoId(where, "no id");
                if (_json[id].Kind != JsonKind.String) return NoId(where, $"{Kind(id)} as its id");
                if (HasHugeInteger(bbox)) return Wrong($"A number in the box of {where.ToLowerInvariant()}", bbox, "a number that fits a double");
                objects.Add(new SceneObject(GraphNames.Refine(Text(id)), box.Scale(_scaleX, _scaleY)));
            }
            return null;
        }

        private CompletionFailure? ReadBox(int bbox, string where, out Box box)
        {
            box = default;
            var length = _json[bbox].Kind switch
            {
                JsonKind.Array => _json[bbox].Count,
                JsonKind.String => CodePoints(_json.Characters(_json[bbox], Answer)),
                JsonKind.Object => DistinctKeys(bbox),
                _ => -1,
            };
            if (length < 0) return Wrong($"The box of {where.ToLowerInvariant()}", bbox, "a list of four numbers");
            if (length != 4) return new CompletionFailure(CompletionFailureKind.BoxLength, $"{where} has a box of {length} values; wanted x1, y1, x2, y2.");
            Span<double> values = stackalloc double[4];
            for (var i = 0; i < 4; i++)
            {
                if (_json[bbox].Kind != JsonKind.Array || !_json[bbox + 1 + i].IsNumber)
                    return new CompletionFailure(CompletionFailureKind.BoxValues, $"{where} has a box with something else than numbers in it.");
                values[i] = _json[bbox + 1 + i].Number;
            }
            box = new Box(values[0], values[1], values[2], values[3]);
            return null;
        }

        private CompletionFailure? ReadRelationships(int list, out List<SceneRelationship> relationships)
        {
            relationships = [];
            if (!_json.TryIterate(list, out var count)) return Wrong("\"relationships\"", list, "a list");
            var at = list + 1;
            for (var i = 0; i < count; i++, at = _json[at].Next)
            {
                var where = $"Relationship {i + 1}";
                if (_json[at].Kind != JsonKind.Object) return Wrong(where, at, "an object with \"subject\", \"predicate\" and \"object\"");
                if (ReadPart(at, "subject", CompletionFailureKind.MissingSubject, where, out var subject) is { } badSubject) return badSubject;
                if (ReadPart(at, "predicate", CompletionFailureKind.MissingPredicate, where, out var predicate) is { } badPredicate) return badPredicate;
                if (ReadPart(at, "object", CompletionFailureKind.MissingObject, where, out var target) is { } badTarget) return badTarget;
                relationships.Add(new SceneRelationship(subject, predicate, target));
            }
            return null;
        }

        private CompletionFailure? ReadPart(int relation, string key, CompletionFailureKind missing, string where, out string text)
        {
            text = "";
            if (Find(relation, key) is not { } index) return Missing(missing, where, key);
            if (_json[index].Kind != JsonKind.String)
                return new CompletionFailure(CompletionFailureKind.RelationNotText, $"{where} has {Kind(index)} as its {key}; wanted text.");
            text = GraphNames.Refine(Text(index));
            return null;
        }

        private int? Find(int objectIndex, string key) => _json.Find(objectIndex, key, Answer);

        private string Text(int index) => _json.Characters(_json[index], Answer).ToString();

        private bool HasHugeInteger(int bbox)
        {
            for (var i = 1; i <= 4; i++)
                if (_json[bbox + i].Kind == JsonKind.Integer && double.IsInfinity(_json[bbox + i].Number)) return true;
            return false;
        }

        private static int CodePoints(ReadOnlySpan<char> text)
        {
            var count = text.Length;
            for (var i = 1; i < text.Length; i++)
                if (char.IsSurrogatePair(text[i - 1], text[i])) count--;
            return count;
        }

        private int DistinctKeys(int index)
        {
            var keys = new HashSet<string>(StringComparer.Ordinal);
            var at = index + 1;
            for (var i = 0; i < _json[index].Count; i++, at = _json[at + 1].Next) keys.Add(Text(at));
            return keys.Count;
        }

        private string Kind(int index) => _json[index].Kind.InWords();

        private CompletionFailure Wrong(string what, int index, string wanted) =>
            new(CompletionFailureKind.WrongStructure, $"{char.ToUpperInvariant(what[0])}{what[1..]} is {Kind(index)}; wanted {wanted}.");

        private static CompletionFailure Missing(CompletionFailureKind kind, string where, string key) => new(kind, $"{where} has no \"{key}\".");

        private static CompletionFailure NoId(string where, string found) => new(CompletionFailureKind.Id, $"{where} has {found}; wanted text such as \"man.1\".");

        private static CompletionFailure JsonFailure(PythonJsonError error) => new(
            error.Fault switch
            {
                PythonJsonFault.TooDeep => CompletionFailureKind.TooDeep,
                PythonJsonFault.TooManyDigits => CompletionFailureKind.WrongStructure,
                _ => CompletionFailureKind.Json,
            },
            error.Message,
            error.Position);
    }
}
