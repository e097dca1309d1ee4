using System.CommandLine;
using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Cli.Science;

public static class SceneCommands
{
    public static Command Create() => new("scene", "Read scene graphs out of completions.") { Parse() };

    private static LabCommand Parse()
    {
        var cases = new Option<string>("--cases") { Description = "JSON lines of case, response, image_size [w, h] and box_scale (null or missing: 1000 x 1000); - for standard input.", Required = true };
        var json = new Option<bool>("--json") { Description = "Accepted for symmetry: the output is JSON lines anyway." };
        var tolerant = new Option<bool>("--tolerant") { Description = "Also mend what the reference refuses: adds \"tolerant\" with the graph and what was repaired." };
        var command = new LabCommand("parse", "Read each completion as the reference does, a JSON line each: the graph in pixels, or the kind of failure.")
        {
            Options = { cases, tolerant, json },
            Examples =
            [
                "./sgglab scene parse --cases cases.jsonl               # status, kind of failure, the text inside the tags, objects and relationships",
                "./sgglab scene parse --cases cases.jsonl --tolerant    # and what a person would read out of the failed ones",
            ],
        };
        command.SetAction(parsed => Parse(parsed.GetValue(cases)!, parsed.GetValue(tolerant)));
        return command;
    }

    private static int Parse(string file, bool tolerant)
    {
        using var output = ScienceOutput.Open();
        using var progress = new LineProgress("cases");
        foreach (var row in JsonRow.Read(file))
        {
            var (width, height) = row.Size("image_size");
            var (scaleWidth, scaleHeight) = row.BoxScale();
            var response = row.Text("response");
            var line = Line(row.Has("case") ? row.Id("case") : null, CompletionParser.Parse(response, width, height, scaleWidth, scaleHeight));
            if (tolerant) Tolerant(line, TolerantParser.Parse(response, width, height, scaleWidth, scaleHeight));
            output.WriteLine(line.Close('}'));
            progress.Tick();
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
            Graph(line, parsed.Graph);
        }
        return line;
    }

    private static void Tolerant(JsonLine line, TolerantCompletion tolerant)
    {
        line.Key("tolerant").Open('{').List("repairs", tolerant.Repairs, (l, r) => l.Value(r));
        Graph(line, tolerant.Graph);
        line.Close('}');
    }

    private static void Graph(JsonLine line, SceneGraph graph) => line
        .List("objects", graph.Objects, (l, o) => l.Open('{').Field("id", o.Id).Key("bbox").Value(o.Box).Close('}'))
        .List("relationships", graph.Relationships, (l, r) => l.Open('{').Field("subject", r.Subject).Field("predicate", r.Predicate).Field("object", r.Object).Close('}'));
}
