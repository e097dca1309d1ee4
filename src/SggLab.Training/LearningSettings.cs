using SggLab.Contracts.Specs;

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
}
