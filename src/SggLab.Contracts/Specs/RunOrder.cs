namespace SggLab.Contracts.Specs;

/// <summary>Checks how the runs of one experiment name each other: names are unique, and model.run points to a run that exists without going round.</summary>
internal static class RunOrder
{
    public static IEnumerable<SpecProblem> Check(IReadOnlyList<RunSpec> runs)
    {
        var byName = new Dictionary<string, RunSpec>(StringComparer.Ordinal);
        for (var i = 0; i < runs.Count; i++)
            if (!byName.TryAdd(runs[i].Name, runs[i]))
                yield return new SpecProblem($"runs[{i}].name", $"'{runs[i].Name}' is the name of an earlier run; names are unique in an experiment.");
        for (var i = 0; i < runs.Count; i++)
        {
            if (runs[i].Model.Run is not { Length: > 0 } start)
                continue;
            if (!byName.ContainsKey(start))
                yield return new SpecProblem($"runs[{i}].model.run", $"no run of this experiment is named '{start}'; there are {string.Join(", ", byName.Keys)}.");
            else if (GoesRound(runs[i], byName))
                yield return new SpecProblem($"runs[{i}].model.run", $"'{runs[i].Name}' starts from '{start}', which leads back to '{runs[i].Name}'; one of them must start from model.folder.");
        }
    }

    private static bool GoesRound(RunSpec run, Dictionary<string, RunSpec> byName)
    {
        var at = run;
        for (var hops = 0; hops <= byName.Count; hops++)
        {
            if (at.Model.Run is not { Length: > 0 } next || !byName.TryGetValue(next, out at))
                return false;
            if (at.Name == run.Name)
                return true;
        }
        return false;
    }
}
