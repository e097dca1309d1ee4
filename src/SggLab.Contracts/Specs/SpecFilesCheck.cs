namespace SggLab.Contracts.Specs;

/// <summary>Looks at the paths of a spec on this machine. A run may be queued here and trained elsewhere, so a path that is not here is only an error if it must be.</summary>
public static class SpecFilesCheck
{
    private const string Vectors = "vectors:";

    /// <summary>Of all runs, each problem with its run's place in the file.</summary>
    public static IEnumerable<SpecProblem> Check(ExperimentSpec spec, bool mustExist) =>
        spec.Runs.SelectMany((run, i) => Check(run, mustExist).Select(problem => problem with { Field = $"runs[{i}].{problem.Field}" }));

    /// <summary>The paths that are not on this machine: where they need not be, they were not looked at.</summary>
    public static IReadOnlyList<SpecProblem> NotHere(ExperimentSpec spec) =>
        [.. spec.Runs.SelectMany((run, i) => Paths(run).Where(path => !Path.Exists(path.Path)).Select(path => new SpecProblem($"runs[{i}].{path.Field}", path.Path))).DistinctBy(path => path.Message)];

    private static IEnumerable<(string Field, string Path)> Paths(RunSpec spec)
    {
        (string Field, string? Path)[] all = spec.Method == RunMethod.Scripted ? [] :
            [("model.folder", spec.Model.Folder), ("data.train", spec.Method == RunMethod.Evaluate ? null : spec.Data.Train), ("data.validation", spec.Data.Validation), ("data.test", spec.Data.Test),
             ("grpo.similarity", spec.Grpo?.Similarity is { } similarity && similarity.StartsWith(Vectors, StringComparison.Ordinal) ? similarity[Vectors.Length..] : null)];
        return all.Where(path => !string.IsNullOrEmpty(path.Path)).Select(path => (path.Field, path.Path!));
    }

    /// <param name="mustExist">True where the run will train on this machine.</param>
    public static IReadOnlyList<SpecProblem> Check(RunSpec spec, bool mustExist)
    {
        var check = new SpecCheck("");
        if (spec.Method == RunMethod.Scripted)
            return [];
        if (spec.Model.Folder is { Length: > 0 } folder)
            CheckModel(folder, "model.folder", mustExist, check);
        CheckData(spec.Data.Train, "data.train", mustExist && spec.Method != RunMethod.Evaluate, check);
        CheckData(spec.Data.Validation, "data.validation", mustExist, check);
        CheckData(spec.Data.Test, "data.test", mustExist, check);
        if (spec.Grpo?.Similarity is { } similarity && similarity.StartsWith(Vectors, StringComparison.Ordinal))
            check.That(!mustExist || File.Exists(similarity[Vectors.Length..]), "grpo.similarity", $"there is no file {similarity[Vectors.Length..]} here; give a GloVe-format file");
        return check.Problems;
    }

    /// <summary>The same of a model folder alone.</summary>
    /// <param name="field">What messages call it.</param>
    public static IReadOnlyList<SpecProblem> CheckModel(string folder, string field, bool mustExist)
    {
        var check = new SpecCheck("");
        CheckModel(folder, field, mustExist, check);
        return check.Problems;
    }

    private static void CheckModel(string folder, string field, bool mustExist, SpecCheck check)
    {
        if (!Directory.Exists(folder))
        {
            check.That(!mustExist && !File.Exists(folder), field, $"there is no folder {folder} here; give a Hugging Face folder");
            return;
        }
        if (!File.Exists(Path.Combine(folder, "config.json")) && Instead(folder) is { } instead)
        {
            check.That(false, field, instead);
            return;
        }
        check.That(File.Exists(Path.Combine(folder, "config.json")), field, $"{folder} has no config.json, so it is not a Hugging Face model folder");
        check.That(Directory.EnumerateFiles(folder, "*.safetensors").Any(), field, $"{folder} has no .safetensors file; download the weights too");
        check.That(File.Exists(Path.Combine(folder, "tokenizer.json")), field, $"{folder} has no tokenizer.json; download the tokenizer too");
    }

    /// <summary>What was probably meant by a folder that is none of a model.</summary>
    private static string? Instead(string folder) =>
        File.Exists(Path.Combine(folder, "adapter_config.json")) ? $"{folder} holds a LoRA adapter, not a model; give the folder of the model that it was added to"
        : Directory.EnumerateDirectories(folder, "step-*").Where(step => File.Exists(Path.Combine(step, "config.json"))).Max(StringComparer.Ordinal) is { } newest ? $"{folder} is a run's folder; give one of its checkpoints, such as {newest}"
        : null;

    private static void CheckData(string? path, string field, bool mustExist, SpecCheck check)
    {
        if (string.IsNullOrEmpty(path))
            return;
        if (Directory.Exists(path))
            check.That(Directory.EnumerateFileSystemEntries(path).Any(), field, $"{path} is an empty folder; give a parquet file or a folder that holds some");
        else
            check.That(!mustExist || File.Exists(path), field, $"there is no file or folder {path} here; give a parquet file or a folder that holds some");
    }
}
