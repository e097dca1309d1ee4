using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Optimization;

namespace SggLab.Training;

/// <summary>What SFT and GRPO settings say alike about which weights learn and how.</summary>
internal sealed record LearningSettings(string Precision, IReadOnlyList<string> Freeze, LoraSpec? Lora, double WeightDecay, double AdamBeta2, bool OptimizerOnHost)
{
    /// <summary>Of a run that trains; null of one that does not.</summary>
    public static LearningSettings? Of(RunSpec spec) => spec switch
    {
        { Sft: { } sft } => new(sft.Precision, sft.Freeze, sft.Lora, sft.WeightDecay, sft.AdamBeta2, sft.OptimizerDevice == "host"),
        { Grpo: { } grpo } => new(grpo.Precision, grpo.Freeze, grpo.Lora, grpo.WeightDecay, grpo.AdamBeta2, grpo.OptimizerDevice == "host"),
        _ => null,
    };

    /// <summary>Names of the model's own weights that learn, in its order; none where an adapter learns in their place.</summary>
    /// <exception cref="LabException">The settings name what the model does not have, or leave nothing that learns.</exception>
    public IReadOnlyList<string> TrainedNames(Qwen2VLModel model)
    {
        if (Lora is { } lora)
        {
            LoraAdapter.TargetPaths(model, lora.TargetModules);
            return [];
        }
        var names = model.Weights.Names;
        if (Freeze.FirstOrDefault(pattern => !names.Any(name => NamePatterns.Match([pattern], name))) is { } unknown)
            throw new LabException($"freeze names {unknown}, which is in no weight's name; the model has {names[0]}, {names[^1]} and so on (`./sgglab model inspect DIR --json` lists them).");
        List<string> trained = [.. names.Where(name => !NamePatterns.Match(Freeze, name))];
        return trained.Count > 0 ? trained : throw new LabException($"freeze keeps every weight as it is ({string.Join(", ", Freeze)}), so nothing would learn.");
    }
}
