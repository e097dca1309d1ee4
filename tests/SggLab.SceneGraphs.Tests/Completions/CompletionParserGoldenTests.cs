using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.SceneGraphs.Tests.Completions;

public sealed class CompletionParserGoldenTests
{
    [Fact]
    public void Every_single_completion_is_read_or_refused_as_by_the_reference()
    {
        var wrong = new List<string>();
        foreach (var line in Golden.Lines("sgg/parse-cases.jsonl"))
        {
            var (width, height) = line.BoxScale();
            var size = line.GetProperty("image_size");
            var parsed = CompletionParser.Parse(line.GetProperty("response").GetRawText().Unquote(), size[0].GetDouble(), size[1].GetDouble(), width, height);
            var name = line.GetProperty("case").GetString();
            if (parsed.Extracted != line.GetProperty("extracted").GetRawText().Unquote()) wrong.Add($"{name}: extracted {parsed.Extracted}");
            var expected = line.GetProperty("status").GetString() == "ok" ? null : line.GetProperty("kind").GetString();
            if (parsed.Failure?.KindName != expected) wrong.Add($"{name}: {parsed.Failure} instead of {expected}");
            if (expected == "json" && !(line.GetProperty("message").GetString()! is var told && told.StartsWith(parsed.Failure!.Message + ": ", StringComparison.Ordinal) && told.EndsWith($"(char {parsed.Failure.Position})", StringComparison.Ordinal)))
                wrong.Add($"{name}: {parsed.Failure} instead of {line.GetProperty("message")}");
            if (line.TryGetProperty("objects", out _) && !IsSame(parsed.Graph, line.Graph())) wrong.Add($"{name}: another graph");
        }
        wrong.ShouldBeEmpty();
    }

    private static bool IsSame(SceneGraph a, SceneGraph b) => a.Objects.SequenceEqual(b.Objects) && a.Relationships.SequenceEqual(b.Relationships);
}
