using System.CommandLine;
using SggLab.SceneGraphs.Completions;

namespace SggLab.Cli.Science;

public static class SceneCommands
{
    public static Command Create() => new("scene", "Read scene graphs out of completions.") { Parse() };

    private static LabCommand Parse()
    {
        var cases = new Option<string>("--cases") { Description = "JSON lines of case, response, image_size [w, h] and box_scale (null or missing: 1000 x 1000); - for standard input.", Required = true };
        var json = new Option<bool>("--json") { Description = "Accepted for symmetry: the output is JSON lines anyway." };
        var command = new LabCommand("parse", "Read each completion as the reference does, a JSON line each: the graph in pixels, or the kind of failure.")
        {
            Options = { cases, json },
            Examples = ["./sgglab scene parse --cases cases.jsonl    # status, kind of failure, the text inside the tags, objects and relationships"],
        };
        command.SetAction(parsed => Parse(parsed.GetValue(cases)!));
        return command;
    }

    private static int Parse(string file)
    {
        using var output = ScienceOutput.Open();
        foreach (var row in JsonRow.Read(file))
        {
            var (width, height) = row.Size("image_size");
            var (scaleWidth, scaleHeight) = row.BoxScale();
            var parsed = CompletionParser.Parse(row.Text("response"), width, height, scaleWidth, scaleHeight);
            output.WriteLine(Line(row.Has("case") ? row.Id("case") : null, parsed));
        }
        return 0;
    }

    private static JsonLine Line(string? name, ParsedCompletion parsed)
    {
        var line = new JsonLine().Open('{').Field("case", name).Field("status", parsed.Failure is null ? "ok" : "failed").Field("kind", parsed.Failure?.KindName);
        line.Field("extracted", parsed.Extracted);
        if (parsed.Failure is { } failure)
        {
            line.Field("objects", (string?)null).Field("relationships", (string?)null).Field("message", failure.Message).Field("position", failure.Position);
        }
        else
        {
            line.List("objects", parsed.Graph.Objects, (l, o) => l.Open('{').Field("id", o.Id).Key("bbox").Value(o.Box).Close('}'));
            line.List("relationships", parsed.Graph.Relationships, (l, r) =>
                l.Open('{').Field("subject", r.Subject).Field("predicate", r.Predicate).Field("object", r.Object).Close('}'));
        }
        return line.Close('}');
    }
}
