using System.CommandLine;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.Cli.Science;

public static class SimilarityCommands
{
    public static Command Create()
    {
        var pairs = new Option<string>("--pairs") { Description = "JSON lines of a and b; - for standard input.", Required = true };
        var with = SimilarityOption.Create("--with");
        var json = new Option<bool>("--json") { Description = "Accepted for symmetry: the output is JSON lines anyway." };
        var command = new LabCommand("similarity", "Print how alike two names are, a JSON line a pair; null where the reference cannot say.")
        {
            Options = { pairs, with, json },
            Examples = ["echo '{\"a\": \"man\", \"b\": \"person\"}' | ./sgglab similarity --pairs - --with spacy-sm    # as the reference compares them"],
        };
        command.SetAction(parsed => Compare(parsed.GetValue(pairs)!, Similarities.Create(parsed.GetValue(with)!)));
        return command;
    }

    private static int Compare(string file, ICategorySimilarity similarity)
    {
        using var output = ScienceOutput.Open();
        using var progress = new LineProgress("pairs");
        foreach (var row in JsonRow.Read(file))
        {
            var (a, b) = (row.Text("a"), row.Text("b"));
            var value = similarity.TryCompare(a, b, out var figure) ? figure : (double?)null;
            output.WriteLine(new JsonLine().Open('{').Field("a", a).Field("b", b).Field("similarity", value).Close('}'));
            progress.Tick();
        }
        return 0;
    }
}
