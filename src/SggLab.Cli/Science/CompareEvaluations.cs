using System.CommandLine;
using System.Globalization;
using SggLab.Cli.Runs;
using SggLab.SceneGraphs.Metrics;

namespace SggLab.Cli.Science;

/// <summary>`eval compare`: whether one prediction set is better than another, by a paired bootstrap over images.</summary>
internal static class CompareEvaluations
{
    public static Command Create()
    {
        var (dataset, truth, protocol, json) = (EvalCommands.Dataset(), EvalCommands.GroundTruth(), EvalCommands.Protocol(), EvalCommands.Json());
        var a = new Option<string>("--predictions") { Description = "The first prediction set, as for eval score.", Required = true };
        var b = new Option<string>("--with") { Description = "The second prediction set.", Required = true };
        var samples = new Option<int>("--samples") { Description = "Draws of images.", DefaultValueFactory = _ => Bootstrap.DefaultSamples };
        var seed = new Option<int>("--seed") { Description = "Seed of the draws.", DefaultValueFactory = _ => Bootstrap.DefaultSeed };
        samples.MustBeWithin(100, 1_000_000);
        var command = new LabCommand("compare", "Compare two prediction sets over the same images: differences with 95% intervals and p-values.")
        {
            Options = { dataset, truth, a, b, protocol, samples, seed, json },
            Examples = ["./sgglab eval compare --dataset vg150 --ground-truth gt.jsonl --predictions hard.jsonl --with soft.jsonl    # is soft better?"],
        };
        command.SetAction(parsed =>
        {
            EvaluationFiles.MustDiffer(parsed.GetValue(truth)!, parsed.GetValue(a)!, parsed.GetValue(b)!);
            var vocabulary = EvaluationFiles.VocabularyOf(parsed.GetValue(dataset)!);
            var truths = EvaluationFiles.GroundTruth(parsed.GetValue(truth)!);
            var rule = EvaluationProtocol.Find(parsed.GetValue(protocol)!);
            EvaluationReport Evaluate(string file) => SceneGraphEvaluator.Evaluate(vocabulary, truths, EvaluationFiles.Predictions(file), rule);
            var rows = Bootstrap.Compare(Evaluate(parsed.GetValue(a)!), Evaluate(parsed.GetValue(b)!), null, parsed.GetValue(samples), parsed.GetValue(seed));
            if (parsed.GetValue(json)) Console.Out.WriteLine(Json(rows, parsed.GetValue(samples), parsed.GetValue(seed)));
            else Print(rows);
            return 0;
        });
        return command;
    }

    private static JsonLine Json(IReadOnlyList<BootstrapComparison> rows, int samples, int seed) => new JsonLine().Open('{')
        .Field("samples", samples).Field("seed", seed)
        .List("metrics", rows, (l, r) => l.Open('{').Field("metric", r.Metric).Field("a", r.A).Field("b", r.B).Field("difference", r.Difference)
            .Field("low", r.Low).Field("high", r.High).Field("p_value", r.PValue).Close('}'))
        .Close('}');

    private static void Print(IReadOnlyList<BootstrapComparison> rows) => Report.Table(
        ["metric", ">first %", ">second %", ">difference", ">95% interval", ">p"],
        rows.Select(r => new[] { r.Metric, Report.Percent(r.A), Report.Percent(r.B), Signed(r.Difference), $"{Signed(r.Low)} to {Signed(r.High)}", r.PValue.ToString("0.000", CultureInfo.InvariantCulture) }),
        "");

    private static string Signed(double share) => (share * 100).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);
}
