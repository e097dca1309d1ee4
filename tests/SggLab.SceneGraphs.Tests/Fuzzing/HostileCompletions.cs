using System.Globalization;
using System.Text;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Tests.Fuzzing;

/// <summary>
/// Well-formed completions up to the length that docs/rewards.md promises an answer in time for, made to cost much: hundreds of objects, names of
/// marks and of foreign scripts, escapes, one box or one predicate for all, numbers of hundreds of digits; and ground truths of a hundred objects.
/// </summary>
internal sealed class HostileCompletions(Random random)
{
    public const int MaxLength = 20_000;
    private const int TruthSize = 100;

    private static readonly string[] Categories = ["man", "horse", "tree", "dog", "street", "sky", "person", "wall"];
    private static readonly string[] Predicates = ["on", "riding", "in front of", "near", "has"];

    public (string Completion, SceneGraph Truth) Next()
    {
        var length = random.Next(10) == 0 ? random.Next(5_000, MaxLength) : random.Next(200, 3_000);
        return (Completion(length - 200, random.NextDouble()), Truth());
    }

    public string Name() => random.Next(9) switch
    {
        0 => Letters(random.Next(1, 12), "abcdefghijkl"),
        1 => Letters(random.Next(1, 300), ".:"),
        2 => Letters(random.Next(1, 300), "!?.,;:()[]{}'/&%$#@*+=<>|~^`-_"),
        3 => Letters(random.Next(1, 300), "éßΣ中文字العربية€£°²–—…’“”\u200b\u0130"),
        4 => Letters(random.Next(1, 300), "a@.:/1-"),
        5 => Letters(random.Next(1, 300), "a \u00a0\u3000"),
        6 => string.Concat(Enumerable.Range(0, random.Next(1, 150)).Select(_ => char.ConvertFromUtf32(0x1f600 + random.Next(60)))),
        _ => Categories[random.Next(Categories.Length)],
    };

    private string Letters(int count, string set) => new([.. Enumerable.Range(0, count).Select(_ => set[random.Next(set.Length)])]);

    private string Completion(int length, double objectShare)
    {
        var text = new StringBuilder("<think>x</think><answer>{\"objects\": [");
        var (boxKind, nameKind, numbered) = (random.Next(8), random.Next(4), random.Next(2) == 0);
        var ids = new List<string>();
        while (ids.Count == 0 || text.Length < length * objectShare)
        {
            var name = nameKind == 0 ? Name() : nameKind == 1 ? Letters(random.Next(3, 9), "abcdefghijkl") : Categories[random.Next(Categories.Length)];
            if (nameKind == 0 && random.Next(5) == 0) name = Escaped(name);
            ids.Add(numbered ? $"{name}.{ids.Count}" : name + ".1");
            if (ids.Count > 1) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{{\"id\":\"{ids[^1]}\",\"bbox\":[{Number(boxKind, 0)},{Number(boxKind, 1)},{Number(boxKind, 2)},{Number(boxKind, 3)}]}}");
        }
        text.Append("], \"relationships\": [");
        var (fromOne, onePredicate) = (random.Next(2) == 0, random.Next(3));
        for (var relation = 0; text.Length < length; relation++)
        {
            if (relation > 0) text.Append(',');
            var predicate = onePredicate == 0 ? "on" : onePredicate == 1 ? Predicates[random.Next(Predicates.Length)] : Name();
            text.Append(CultureInfo.InvariantCulture, $"{{\"subject\":\"{ids[fromOne ? 0 : random.Next(ids.Count)]}\",\"predicate\":\"{predicate}\",\"object\":\"{ids[random.Next(ids.Count)]}\"}}");
        }
        return text.Append("]}</answer>").ToString();
    }

    private static string Escaped(string name) => string.Concat(name.Take(40).Select(c => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")));

    private string Number(int kind, int corner) => kind switch
    {
        0 => "500",
        1 => "NaN",
        2 => "1e308",
        3 => (random.NextDouble() * 1000).ToString("R", CultureInfo.InvariantCulture),
        4 => new string('7', 300),
        5 => corner < 2 ? "0" : "1000",
        _ => random.Next(1000).ToString(CultureInfo.InvariantCulture),
    };

    private SceneGraph Truth()
    {
        var allAlike = random.Next(3) == 0;
        List<SceneObject> objects = [.. Enumerable.Range(0, TruthSize).Select(i => new SceneObject($"{Categories[random.Next(Categories.Length)]}.{i}", allAlike ? new Box(0, 0, 1, 1) : Box()))];
        return new SceneGraph(objects, [.. Enumerable.Range(0, TruthSize).Select(_ => new SceneRelationship(
            objects[random.Next(TruthSize)].Id, allAlike ? "on" : Predicates[random.Next(Predicates.Length)], objects[random.Next(TruthSize)].Id))]);
    }

    private Box Box() => new(random.NextDouble() / 2, random.NextDouble() / 2, 0.5 + random.NextDouble() / 2, 0.5 + random.NextDouble() / 2);
}
