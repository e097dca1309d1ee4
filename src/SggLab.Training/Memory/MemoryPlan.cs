using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Modeling;
using SggLab.Training.Prompts;
using SggLab.Training.Sft;

namespace SggLab.Training.Memory;

/// <summary>A run's memory beside what the machine has: printed before the first step, or without one.</summary>
internal static class MemoryPlan
{
    /// <summary>One paragraph for people; the second says whether it fits.</summary>
    /// <exception cref="SggLab.Contracts.LabException">The run may pack more into a forward pass than one can hold on any machine.</exception>
    public static (string Text, bool Fits) Of(RunSpec spec, Qwen2VLModel model, ExamplePrompts prompts)
    {
        var learning = LearningSettings.Of(spec);
        var (size, tokens) = (ModelSize.Of(model, learning), PromptTokens(spec, model, prompts));
        if (spec.Sft is { Packing: true } sft)
            sft.RequireMask(sft.MicroBatchSize ?? sft.BatchSize, Math.Min(MemoryBudget.SftTokens(spec, tokens), model.Config.Text.MaxPositions));
        MemoryBudget BudgetOf(RunSpec changed) => MemoryBudget.Of(changed, ModelSize.Of(model, LearningSettings.Of(changed)), tokens);
        var budget = MemoryBudget.Of(spec, size, tokens);
        var place = spec.Device == "cuda" ? "the GPU" : "this machine";
        var text = $"Memory: about {budget.Describe()}.";
        if (DeviceMemory.Free(spec.Device) is not { } free)
            return (text, true);
        var hostFits = spec.Device != "cuda" || budget.HostPeak == 0 || DeviceMemory.OfHost() is not { } host || budget.HostPeak < host;
        if (budget.Peak <= free && hostFits)
            return ($"{text} {MemoryBudget.Shown(free)} are free on {place}.", true);
        var lacking = hostFits ? $"Only {MemoryBudget.Shown(free)} are free on {place}, so it may not fit." : $"The host has less than the {MemoryBudget.Shown(budget.HostPeak)} that masters and moments need.";
        var advice = MemoryAdvice.For(spec, BudgetOf);
        return ($"{text} {lacking} {(advice.Count == 0 ? "Take a larger device or a smaller model." : $"What would help: {string.Join("; ", advice)}.")}", false);
    }

    /// <summary>The longest a prompt may be: the text of the first example's, and the tokens of an image of the largest area.</summary>
    private static int PromptTokens(RunSpec spec, Qwen2VLModel model, ExamplePrompts prompts)
    {
        var isTraining = spec.Method is RunMethod.Sft or RunMethod.Grpo;
        using var data = isTraining ? ParquetDataset.Open(spec.Data.Train!) : ParquetDataset.Open(spec.Data.Test!, spec.Data.TestSplit);
        if (data.Count == 0)
            return 1;
        var ids = (isTraining ? prompts.ForTraining(data[0]) : prompts.ForInference(data[0])).Prompt.Ids;
        var side = model.Config.Vision.PatchSize * model.Config.Vision.MergeSize;
        var pixels = spec.Sft?.MaxPixels ?? spec.Grpo?.MaxPixels ?? spec.Protocol.MaxPixels;
        return ids.Count(id => id != model.Config.ImageTokenId) + pixels / (side * side);
    }
}
