using System.CommandLine;
using SggLab.Cli.Runs;
using SggLab.SceneGraphs.Metrics;

namespace SggLab.Cli.Science;

/// <summary>`eval score`: every figure of the reference for a file of raw predictions.</summary>
internal static class ScoreEvaluation
{
    public static Command Create()
    {
        var (dataset, truth, protocol, json) = (EvalCommands.Dataset(), EvalCommands.GroundTruth(), EvalCommands.Protocol(), EvalCommands.Json());
        var predictions = new Option<string>("--predictions") { Description = "JSON lines of image_id, response (the raw text) and box_scale (missing: 1000 x 1000); - for standard input.", Required = true };
        var command = new LabCommand("score", "Parse and score raw predictions: failure rate, recalls, mean recalls, COCO AP, with intervals.")
        {
            Options = { dataset, truth, predictions, protocol, json },
            Examples =
            [
                "./sgglab eval score --dataset vg150 --ground-truth gt.jsonl --predictions pred.jsonl            # a table",
                "./sgglab eval score --dataset psg --ground-truth gt.jsonl --predictions pred.jsonl --json       # everything, per predicate, class and image",
            ],
        };
        command.SetAction(parsed =>
        {
            EvaluationFiles.MustDiffer(parsed.GetValue(truth)!, parsed.GetValue(predictions)!);
            var report = SceneGraphEvaluator.Evaluate(
                EvaluationFiles.VocabularyOf(parsed.GetValue(dataset)!),
                EvaluationFiles.GroundTruth(parsed.GetValue(truth)!),
                EvaluationFiles.Predictions(parsed.GetValue(predictions)!),
                EvaluationProtocol.Find(parsed.GetValue(protocol)!));
            if (parsed.GetValue(json)) Console.Out.WriteLine(EvaluationJson.Of(report));
            else Print(report);
            return 0;
        });
        return command;
    }

    private static void Print(EvaluationReport report)
    {
        Report.Pairs(
        [
            ("images", $"{report.ImageCount}"),
            ("predictions", $"{report.PredictionCount}, of which {report.Failure.Failed} are no scene graph{Kinds(report.Failure)}"),
            ("counted", $"{report.Sgdet.ImagesCounted} images in R and mR, {report.Corrected.ImagesCounted} in the corrected figures"),
        ]);
        Console.Out.WriteLine();
        Report.Table(["metric", ">%", ">95% interval"], Bootstrap.Intervals(report).Select(i => new[] { i.Metric, Report.Percent(i.Value), $"{Report.Percent(i.Low)}–{Report.Percent(i.High)}" }), "");
        Console.Out.WriteLine();
        Report.Table(["COCO", ">reference %", ">corrected %"],
        [
            ["AP", Report.AveragePrecision(report.Coco.Ap), Report.AveragePrecision(report.Corrected.Coco.Ap)],
            ["AP50", Report.AveragePrecision(report.Coco.Ap50), Report.AveragePrecision(report.Corrected.Coco.Ap50)],
            ["AP75", Report.AveragePrecision(report.Coco.Ap75), Report.AveragePrecision(report.Corrected.Coco.Ap75)],
            ["AR100", Report.AveragePrecision(report.Coco.Ar100), Report.AveragePrecision(report.Corrected.Coco.Ar100)],
        ], "");
    }

    private static string Kinds(FailureFigures failure) =>
        failure.Failed == 0 ? "" : $" ({string.Join(", ", failure.ByKind.OrderByDescending(k => k.Value).Select(k => $"{k.Value} {k.Key}"))})";
}
