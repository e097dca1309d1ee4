using SggLab.Modeling;
using SggLab.Training.Optimization;

namespace SggLab.Training.Memory;

/// <summary>The numbers of a model and of what a run trains of it that memory follows from.</summary>
/// <param name="Parameters">All weights, a tied head counted once.</param>
/// <param name="Trained">Those that learn: weights, or an adapter's elements.</param>
/// <param name="Adapted">Elements of the layers that have an adapter; 0 without one.</param>
/// <param name="VisionLearns">Whether gradients run through the vision tower.</param>
/// <param name="OnHost">Elements that one state of all those that learn takes in host memory.</param>
internal sealed record ModelSize(TextConfig Text, VisionConfig Vision, long Parameters, long Trained, long Adapted, bool VisionLearns, long OnHost)
{
    public static ModelSize Of(Qwen2VLModel model, LearningSettings? learning)
    {
        long Elements(string name) => model.Weights[name].numel();
        var (text, vision, all) = (model.Config.Text, model.Config.Vision, model.Weights.Names.Sum(Elements));
        if (learning is null)
            return new ModelSize(text, vision, all, 0, 0, false, 0);
        var trained = learning.TrainedNames(model);
        if (learning.Lora is not { } lora)
            return new ModelSize(text, vision, all, trained.Sum(Elements), 0, trained.Any(IsVision), HostBlocks.Elements([.. trained.Select(Elements)]));
        var adapted = LoraAdapter.TargetPaths(model, lora.TargetModules).Select(path => $"{path}.weight").ToArray();
        long[] matrices = [.. adapted.SelectMany(name => new[] { lora.Rank * model.Weights[name].size(1), lora.Rank * model.Weights[name].size(0) })];
        return new ModelSize(text, vision, all, matrices.Sum(), adapted.Sum(Elements), adapted.Any(IsVision), HostBlocks.Elements(matrices));
    }

    private static bool IsVision(string name) => name.StartsWith("visual.", StringComparison.Ordinal) || name.StartsWith("model.visual.", StringComparison.Ordinal);
}
