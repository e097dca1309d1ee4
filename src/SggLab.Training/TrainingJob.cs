using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Evaluations;
using SggLab.Training.Grpo;
using SggLab.Training.Memory;
using SggLab.Training.Prompts;
using SggLab.Training.Scripted;
using SggLab.Training.Sft;

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
    /// <summary>What messages call a field of the spec where no run file has it; the field's own name where this does not say.</summary>
    public IReadOnlyDictionary<string, string> FieldNames { get; init; } = new Dictionary<string, string>();

    /// <exception cref="LabException">There are problems.</exception>
    internal void Require(IEnumerable<SpecProblem> problems) => SpecValidation.Require(
        [.. problems.Select(problem => problem with { Field = FieldNames.GetValueOrDefault(problem.Field, problem.Field) })], $"Run '{Spec.Name}'");
}

/// <summary>Runs one attempt of a run in this process, from start or from a full checkpoint.</summary>
public static class TrainingJob
{
    /// <summary>
    /// Trains or evaluates until the run is done, is asked to stop, or fails. Never throws: what went wrong is in the answer, whose
    /// kind is input (the user can mend it), environment (this machine lacks something: a GPU, room on the disk), diverged (not a number, no progress)
    /// or error. The caller records the answer as `closed`.
    /// </summary>
    public static ClosedRecord Run(JobInputs inputs, IRunRecorder recorder)
    {
        try
        {
            inputs.Require(SpecValidation.Check(inputs.Spec));
            Directory.CreateDirectory(inputs.WorkFolder);
            return inputs.Spec.Method switch
            {
                RunMethod.Scripted => new ScriptedTrainer(inputs, recorder).Run(),
                RunMethod.Sft => SftTrainer.Run(inputs, recorder),
                RunMethod.Grpo => GrpoTrainer.Run(inputs, recorder),
                _ => EvaluateJob.Run(inputs, recorder),
            };
        }
        catch (DivergedException e)
        {
            return new ClosedRecord(Outcomes.Failed, "diverged", e.Message, e.Step);
        }
        catch (LabException e)
        {
            return new ClosedRecord(Outcomes.Failed, e.ExitCode == 3 ? "environment" : "input", e.Message, inputs.ResumeStep);
        }
        catch (Exception e)
        {
            recorder.Log("error", e.ToString());
            return new ClosedRecord(Outcomes.Failed, "error", $"{e.GetType().Name}: {e.Message}", inputs.ResumeStep);
        }
    }

    /// <summary>What a run would take of this machine's memory, and whether it fits; reads settings and shapes, no weights.</summary>
    /// <param name="startFolder">Where the weights come from if the spec names another run.</param>
    /// <exception cref="LabException">Folder or data are missing or damaged.</exception>
    public static (string Text, bool Fits) Plan(RunSpec spec, string? startFolder = null)
    {
        using var model = Qwen2VLModel.Inspect(startFolder ?? spec.Model.Folder ?? throw new LabException($"Run '{spec.Name}' starts from the run '{spec.Model.Run}'; say where its weights are."));
        return MemoryPlan.Of(spec, model, ExamplePrompts.Of(spec, model.Folder));
    }
}

/// <summary>How an attempt ends.</summary>
public static class Outcomes
{
    public const string Completed = "completed", Failed = "failed", Cancelled = "cancelled", Released = "released";

    /// <summary>The exit code of a command whose run failed: 2 where its input is to be mended, 3 where this machine lacks something, else 1.</summary>
    public static int ExitCode(ClosedRecord failed) => failed.Kind switch { "input" => 2, "environment" => 3, _ => 1 };
}

/// <summary>Training cannot go on: a loss or gradient is not a number, or the policy has collapsed.</summary>
public sealed class DivergedException(int step, string message) : LabException(message)
{
    public int Step { get; } = step;
}
