using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Modeling;

namespace SggLab.Training;

/// <summary>Reads the model folders that runs start from, headers alone: a damaged one, or a name that no weight has, is found before anything is queued.</summary>
public static class RunModel
{
    /// <summary>Of all runs, each problem with its run's place in the file. Folders that are not on this machine are passed over.</summary>
    public static IReadOnlyList<SpecProblem> Check(ExperimentSpec spec) =>
        [.. spec.Runs.SelectMany((run, i) => Check(run, FolderOf(run, spec.Runs)) is { } problem ? [problem with { Field = $"runs[{i}].{problem.Field}" }] : Array.Empty<SpecProblem>())];

    /// <param name="folder">Where the run's weights come from, or those of the run that it starts from: names and shapes are the same.</param>
    private static SpecProblem? Check(RunSpec run, string? folder)
    {
        if (run.Method == RunMethod.Scripted || !Directory.Exists(folder))
            return null;
        var field = "model.folder";
        try
        {
            using var model = Qwen2VLModel.Inspect(folder);
            PromptProcessor.Of(model.Folder);
            if (LearningSettings.Of(run) is { } learning)
            {
                field = $"{run.Method.ToString().ToLowerInvariant()}.{(learning.Lora is null ? "freeze" : "lora.target_modules")}";
                learning.TrainedNames(model);
            }
            return null;
        }
        // Of a folder that several runs come from, the run that names it says what is wrong with it.
        catch (LabException e) when (field != "model.folder" || run.Model.Folder is not null)
        {
            return new SpecProblem(field, e.Message);
        }
        catch (LabException)
        {
            return null;
        }
    }

    private static string? FolderOf(RunSpec run, IReadOnlyList<RunSpec> all)
    {
        // A circle of runs is another check's to find.
        for (var step = 0; run.Model.Folder is null && step < all.Count; step++)
        {
            if (all.FirstOrDefault(other => other.Name == run.Model.Run) is not { } start)
                return null;
            run = start;
        }
        return run.Model.Folder;
    }
}
