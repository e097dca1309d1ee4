using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Tests.Fuzzing;

/// <summary>Completions of the golden files with a few random changes, and now and then nothing but noise.</summary>
internal sealed class SpoiledCompletions(Random random)
{
    private static readonly string[] Pieces =
        ["\"", "{", "}", "[", "]", ",", ":", "null", "NaN", "-Infinity", "1e999", "<answer>", "</answer>", "<think>", "</think>", "```", "json", "\\ud800", "\\", "\0", "\u0130", "Σ", "😀", ".", "-", "99999999999999999999999", "\"objects\"", "\"bbox\"", "\"id\": 5"];

    private readonly List<(string Completion, SceneGraph Truth)> _cases =
        [.. Golden.Lines("rewards/cases.jsonl").Select(l => (l.GetProperty("completion").GetString()!, l.GetProperty("ground_truth").Graph()))];

    public (string Completion, SceneGraph Truth) Next()
    {
        var (completion, truth) = _cases[random.Next(_cases.Count)];
        return (random.Next(20) == 0 ? Noise() : Spoil(completion), truth);
    }

    private string Noise() => random.Next(2) == 0
        ? string.Create(random.Next(1, 2000), random, (text, r) => { foreach (ref var c in text) c = (char)r.Next(1, 0xffff); })
        : string.Concat(Enumerable.Range(0, random.Next(1, 300)).Select(_ => Pieces[random.Next(Pieces.Length)]));

    private string Spoil(string text)
    {
        var times = random.Next(1, 4);
        for (var i = 0; i < times && text.Length > 2; i++)
        {
            var at = random.Next(text.Length);
            var length = Math.Min(random.Next(1, 20), text.Length - at);
            text = random.Next(6) switch
            {
                0 => text[..at],
                1 => text.Remove(at, length),
                2 => text.Insert(at, Pieces[random.Next(Pieces.Length)]),
                3 => text.Insert(at, text.Substring(random.Next(text.Length - length), length)),
                4 => string.Concat(text.AsSpan(0, at), ((char)random.Next(1, 0xffff)).ToString(), text.AsSpan(at + 1)),
                _ => text.Remove(at, length).Insert(at, Pieces[random.Next(Pieces.Length)]),
            };
        }
        return text;
    }
}
