using System.CommandLine;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.Cli.Science;

public static class RewardCommands
{
    public static Command Create() => new("reward", "Score completions with the graph rewards, and explain a score.") { Score(), ExplainReward.Create() };

    private static LabCommand Score()
    {
        var cases = new Option<string>("--cases") { Description = "JSON lines of image_id, ground_truth (boxes in [0,1]), completion and box_scale; - for standard input.", Required = true };
        var similarity = SimilarityOption.Create("--similarity");
        var variant = VariantOption.Create();
        var json = new Option<bool>("--json") { Description = "Accepted for symmetry: the output is JSON lines anyway." };
        var command = new LabCommand("score", "Print the rewards of each case, a JSON line each, in order.")
        {
            Options = { cases, similarity, variant, json },
            Examples =
            [
                "./sgglab reward score --cases cases.jsonl                                  # the six rewards, names compared as the reference does",
                "./sgglab reward score --cases - --similarity exact --variant hard_recall    # one variant with its total, cases from standard input",
            ],
        };
        command.SetAction(parsed => Score(parsed.GetValue(cases)!, parsed.GetValue(similarity)!, parsed.GetValue(variant)));
        return command;
    }

    private static int Score(string file, string similarity, string? variantName)
    {
        var variant = VariantOption.Of(variantName);
        var scorer = RewardScorer.Create(variant, Similarities.Create(similarity));
        using var output = ScienceOutput.Open();
        using var progress = new LineProgress("cases");
        Span<double> parts = stackalloc double[variant.Terms.Count];
        foreach (var row in JsonRow.Read(file))
        {
            var (width, height) = row.BoxScale();
            var total = scorer.ScoreInto(row.Text("completion"), row.Graph("ground_truth"), width, height, parts);
            var line = new JsonLine().Open('{').Field("image_id", row.Id("image_id"));
            for (var i = 0; i < variant.Terms.Count; i++) line.Field(variant.Terms[i].Function.Name, parts[i]);
            if (variantName is not null) line.Field("total", total);
            output.WriteLine(line.Close('}'));
            progress.Tick();
        }
        return 0;
    }
}
