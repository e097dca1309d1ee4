namespace SggLab.Contracts.Specs;

/// <summary>
/// Reads run and experiment files. Two layouts: an experiment (experiment, note, defaults, runs), or one run (the keys of <see cref="RunSpec"/>).
/// Keys are snake_case; relative paths count from the file's folder; every error names file, line, key and what to write instead.
/// </summary>
public static class SpecFile
{
    private const int LargestFile = 1 << 20;

    /// <summary>The experiment in a file; a file with one run becomes an experiment of that run's name.</summary>
    /// <exception cref="LabException">The file is missing, is not YAML, or does not describe runs.</exception>
    public static ExperimentSpec Load(string path) => Parse(ReadText(path), path);

    /// <summary>The same from text; <paramref name="path"/> names it in messages and is where relative paths count from.</summary>
    public static ExperimentSpec Parse(string text, string path) => ParseWithLines(text, path).Spec;

    /// <summary>The experiment in a file and the line of each of its settings.</summary>
    public static (ExperimentSpec Spec, SpecLines Lines) LoadWithLines(string path) => ParseWithLines(ReadText(path), path);

    /// <summary>The same from text.</summary>
    public static (ExperimentSpec Spec, SpecLines Lines) ParseWithLines(string text, string path)
    {
        var root = SpecTree.Parse(text, path);
        var binder = new SpecBinder(path);
        var isExperiment = root.Has("runs") || root.Has("experiment");
        if (isExperiment)
            root = SpecDefaults.MergeInto(root, path);
        var lines = SpecLines.Of(root);
        var spec = isExperiment ? binder.Bind<ExperimentSpec>(root) : OneRun(binder.Bind<RunSpec>(root));
        spec = spec with { Runs = [.. spec.Runs.Select(run => run is { Variant: null, OwnVariant: { } own } ? run with { Variant = own.Name } : run)] };
        return (SpecPaths.Resolve(spec, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/"), lines);
    }

    /// <summary>A protocol from a file of its own, in the spelling of a run's `protocol` block.</summary>
    public static Protocol LoadProtocol(string path) => new SpecBinder(path).Bind<Protocol>(SpecTree.Parse(ReadText(path), path));

    /// <summary>A reward variant from a file of its own, YAML or JSON, in the spelling of a run's `own_variant` block.</summary>
    /// <exception cref="LabException">The file is missing, is not YAML, or does not describe a sound variant.</exception>
    public static VariantSpec LoadVariant(string path)
    {
        var root = SpecTree.Parse(ReadText(path), path);
        var (spec, lines, check) = (new SpecBinder(path).Bind<VariantSpec>(root), SpecLines.Of(root), new SpecCheck(""));
        VariantChecks.Check(spec, check);
        return check.Problems.Count == 0 ? spec : throw new LabException($"{path} is no reward variant:{string.Concat(check.Problems.Select(problem => $"\n  {problem.At(lines)}"))}");
    }

    /// <summary>One run of a file: the one named, or the only one.</summary>
    public static RunSpec LoadRun(string path, string? name = null) => FindRun(Load(path), path, name);

    /// <summary>The same, of an experiment already read.</summary>
    public static RunSpec FindRun(ExperimentSpec spec, string path, string? name)
    {
        var runs = spec.Runs;
        var names = string.Join(", ", runs.Select(run => run.Name));
        if (name is null)
            return runs.Count == 1 ? runs[0] : throw new LabException($"{path} holds {runs.Count} runs ({names}); say which one with --run NAME.");
        return runs.FirstOrDefault(run => run.Name == name)
            ?? throw new LabException($"{path} has no run named '{name}'; it holds {names}.");
    }

    private static ExperimentSpec OneRun(RunSpec run) => new() { Experiment = run.Name, Runs = [run] };

    private static string ReadText(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw new LabException($"{path} is a folder; give a YAML file.");
            if (new FileInfo(path) is { Exists: true, Length: > LargestFile } big)
                throw new LabException($"{path} has {big.Length} bytes; a run file has at most {LargestFile}. Is it the right file?");
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LabException($"There is no file {path}. Check the path.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new LabException($"{path} cannot be read: {e.Message}", inner: e);
        }
    }
}
