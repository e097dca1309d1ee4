using System.CommandLine;
using SggLab.Cli.Training;
using SggLab.SceneGraphs.Metrics;

namespace SggLab.Cli.Science;

public static class EvalCommands
{
    public static Command Create() => new("eval", "Evaluate models, score and compare predictions.") { RunEvaluation.Create(), ScoreEvaluation.Create(), CompareEvaluations.Create() };

    internal static Option<string> Dataset() => new("--dataset")
    {
        Description = "Whose categories and predicates count: vg150, psg, or a JSON file of {\"objects\": [...], \"predicates\": [...]}.",
        Required = true,
    };

    internal static Option<string> GroundTruth() => new("--ground-truth") { Description = "JSON lines of image_id, width, height, objects and relationships.", Required = true };

    internal static Option<string> Protocol() => new("--protocol")
    {
        Description = "reference (as published, quirks included) or sound (without the plain mistakes; see docs/metrics.md).",
        DefaultValueFactory = _ => EvaluationProtocol.Reference.Name,
    };

    internal static Option<bool> Json() => new("--json") { Description = "Print one JSON document." };
}
