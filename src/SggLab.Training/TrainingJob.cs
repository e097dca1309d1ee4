using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;

namespace SggLab.Training;

/// <summary>What a job needs beside its spec; all folders are local.</summary>
public sealed record JobInputs
{
    public required RunSpec Spec { get; init; }
    public required string SpecHash { get; init; }
    /// <summary>Scratch space of this attempt; checkpoints are written below it.</summary>
    public required string WorkFolder { get; init; }
    /// <summary>Hugging Face folder of the checkpoint that spec.model.run names.</summary>
    public string? StartFolder { get; init; }
    public string? StartCheckpoint { get; init; }
    /// <summary>Full checkpoint of an older attempt to go on from.</summary>
    public string? ResumeFolder { get; init; }
    public string? ResumeCheckpoint { get; init; }
    public int ResumeStep { get; init; }
}
