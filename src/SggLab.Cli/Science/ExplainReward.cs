using System.CommandLine;
using System.Globalization;
using SggLab.Cli.Runs;
using SggLab.Contracts;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.Cli.Science;

/// <summary>`reward explain`: which objects and relations were matched, how well, and what each part gave.</summary>
internal static class ExplainReward
{
    public static Command Create()
    {
        var cases = new Option<string>("--cases") { Description = "Cases as for reward score; - for standard input.", Required = true };
        var similarity = SimilarityOption.Create("--similarity");
        var variant = VariantOption.Create();
        var only = new Option<string?>("--image") { Description = "Only the case with this image_id." };
        var json = new Option<bool>("--json") { Description = "Print a JSON line a case." };
        var command = new LabCommand("explain", "Tell what each reward saw: what it counted or why it is 0, matched pairs with cost, similarity and IoU, and what found each true relation.")
        {
            Options = { cases, similarity, variant, only, json },
            Examples =
            [
                "./sgglab reward explain --cases cases.jsonl --image case-00001                      # one case, for people",
                "./sgglab reward explain --cases cases.jsonl --image case-00001 --variant edge_f1    # another variant's rewards",
            ],
        };
        command.SetAction(parsed =>
        {
            var scorer = RewardScorer.Create(VariantOption.Of(parsed.GetValue(variant)), Similarities.Create(parsed.GetValue(similarity)!));
            using var output = ScienceOutput.Open();
            var found = false;
            foreach (var row in JsonRow.Read(parsed.GetValue(cases)!))
            {
                if (parsed.GetValue(only) is { } wanted && row.Id("image_id") != wanted) continue;
                found = true;
                var (width, height) = row.BoxScale();
                var truth = row.Graph("ground_truth");
                var explained = scorer.Explain(row.Text("completion"), truth, width, height);
                if (parsed.GetValue(json)) output.WriteLine(Line(row.Id("image_id"), explained, hasTotal: parsed.GetValue(variant) is not null));
                else Print(row.Id("image_id"), explained, truth, hasTotal: parsed.GetValue(variant) is not null);
            }
            if (!found && parsed.GetValue(only) is { } missed) throw new LabException($"{parsed.GetValue(cases)} has no case with the image_id \"{missed}\". Give one that it has, or leave --image out.");
            return 0;
        });
        return command;
    }

    private static JsonLine Line(string image, RewardExplanation explained, bool hasTotal)
    {
        var line = new JsonLine().Open('{').Field("image_id", image).Key("rewards").Open('{');
        foreach (var (name, value) in explained.Score.Parts) line.Field(name, value);
        line.Close('}');
        if (hasTotal) line.Field("total", explained.Score.Total);
        line.List("parts", explained.Parts, (l, p) => l.Open('{').Field("reward", p.Reward).Field("value", p.Value).Field("weight", p.Weight).Field("reason", p.Reason).Field("detail", p.Detail).Close('}'));
        line.Field("unreadable", explained.Unreadable);
        line.List("written", explained.Written, (l, o) => l.Open('{').Field("id", o.Id).Key("bbox").Value(o.Box).Close('}'));
        line.List("written_relations", explained.WrittenRelations, (l, r) => l.Open('{').Field("subject", r.Subject).Field("predicate", r.Predicate).Field("object", r.Object).Close('}'));
        line.List("matches", explained.Matches, (l, m) => l.Open('{').Field("written", m.Written).Field("true", m.True).Field("cost", m.Cost)
            .Field("similarity", m.Similarity).Field("iou", m.Iou).Field("giou", m.GeneralizedIou).Field("l1", m.Distance).Close('}'));
        line.List("relations", explained.Relations, (l, r) => l.Open('{').Field("true", r.True).Field("hard", r.Hard)
            .Field("relaxed", r.Relaxed).Field("relaxed_similarity", r.RelaxedSimilarity).Field("soft", r.Soft).Field("soft_similarity", r.SoftSimilarity).Close('}'));
        return line.Close('}');
    }

    private static void Print(string image, RewardExplanation explained, SceneGraph truth, bool hasTotal)
    {
        Console.Out.WriteLine($"{image}: {string.Join("  ", explained.Score.Parts.Select(p => $"{p.Key} {Number(p.Value)}"))}");
        if (hasTotal) Console.Out.WriteLine($"total: {Number(explained.Score.Total)} = {string.Join(" + ", explained.Parts.Select(p => $"{Number(p.Weight)} x {p.Reward}"))}");
        Report.Pairs(explained.Parts.Select(p => (p.Reward, p.Reason is { } reason ? $"{Number(p.Value)}: {reason}" : p.Detail)));
        Console.Out.WriteLine();
        Report.Table(["written object", "true object", ">similarity", ">IoU", ">L1", ">cost"],
            explained.Matches.Select(m => new[] { explained.Written[m.Written].Id, truth.Objects[m.True].Id, Number(m.Similarity), Number(m.Iou), Number(m.Distance), Number(m.Cost) }), "No objects were matched.");
        Console.Out.WriteLine();
        Report.Table(["true relation", "hard", "relaxed", ">similarity", "soft", ">similarity"],
            explained.Relations.Select(r => new[] { Text(truth.Relationships[r.True]), Written(r.Hard), Written(r.Relaxed), Number(r.RelaxedSimilarity), Written(r.Soft), Number(r.SoftSimilarity) }), "No relations to find.");
        Console.Out.WriteLine();

        string Written(int? index) => index is { } i ? Text(explained.WrittenRelations[i]) : "-";
    }

    private static string Text(SceneRelationship relation) => $"{relation.Subject} {relation.Predicate} {relation.Object}";

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
