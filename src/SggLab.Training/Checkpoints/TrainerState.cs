using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Training.Checkpoints;

/// <param name="Value">The figure that chooses.</param>
public sealed record BestSoFar(int Step, double Value);

/// <summary>
/// What a full checkpoint keeps beside weights and optimizer. Order of the data, rollout seeds and learning rate are functions of (seed, step),
/// so the step is the data position and the random state.
/// </summary>
public sealed record TrainerState
{
    public const string File = "trainer_state.json";
    public const string OptimizerFile = "optimizer.safetensors";
    /// <summary>Subfolder of a checkpoint, so that its top level is a plain Hugging Face folder.</summary>
    public const string Folder = "trainer";

    public required string Method { get; init; }
    public required string SpecHash { get; init; }
    public required int Seed { get; init; }
    public required int Step { get; init; }
    /// <summary>Examples (SFT) or prompts (GRPO) drawn so far.</summary>
    public required long DataPosition { get; init; }
    /// <summary>Completion or answer tokens learnt from so far.</summary>
    public required long TokensSeen { get; init; }
    /// <summary>The evaluation on the way that went best so far, where the best weights are kept.</summary>
    public BestSoFar? Best { get; init; }

    public void Write(string folder) => System.IO.File.WriteAllText(Path.Combine(folder, File), JsonSerializer.Serialize(this, LabJson.Indented) + "\n");

    /// <exception cref="LabException">The folder is no full checkpoint of this run.</exception>
    public static TrainerState Read(string checkpoint, string specHash, int step)
    {
        var file = Path.Combine(checkpoint, Folder, File);
        if (!System.IO.File.Exists(file))
            throw new LabException($"{checkpoint} has no {Folder}/{File}: it is not a full checkpoint, so a run cannot go on from it.");
        TrainerState? state;
        try
        {
            state = JsonSerializer.Deserialize<TrainerState>(System.IO.File.ReadAllText(file), LabJson.Options);
        }
        catch (JsonException e)
        {
            throw new LabException($"{file} is damaged: {e.Message}", inner: e);
        }
        if (state is { DataPosition: < 0 } or { TokensSeen: < 0 } or { Best.Step: < 0 })
            throw new LabException($"{file} is damaged: dataPosition is {state.DataPosition} and tokensSeen {state.TokensSeen}; numbers from 0 on are wanted. Go on from another checkpoint.");
        if (state?.SpecHash != specHash || state.Step != step)
            throw new LabException($"{file} is of spec {state?.SpecHash} at step {state?.Step}; this run has the spec {specHash} and goes on from step {step}.");
        return state;
    }
}
