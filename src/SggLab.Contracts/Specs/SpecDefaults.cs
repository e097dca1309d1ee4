namespace SggLab.Contracts.Specs;

/// <summary>Merges an experiment's `defaults` block into each of its runs: the run's own key wins, blocks are merged key by key.</summary>
internal static class SpecDefaults
{
    private static readonly string[] MethodBlocks = ["sft", "grpo", "scripted"];
    private static readonly string[] WholeBlocks = ["model", "own_variant"];

    /// <summary>The experiment without its `defaults`, each run completed by them.</summary>
    public static SpecMap MergeInto(SpecMap experiment, string path)
    {
        if (!experiment.Has("defaults"))
            return experiment;
        if (experiment["defaults"] is not SpecMap defaults)
            throw new LabException($"{path}, line {experiment["defaults"]!.Line}: 'defaults' holds keys of a run, as 'key: value' lines.");
        return experiment with
        {
            Entries = [.. experiment.Entries.Where(entry => entry.Key != "defaults").Select(entry =>
                entry is { Key: "runs", Value: SpecList runs } ? entry with { Value = Complete(runs, defaults) } : entry)],
        };
    }

    private static SpecList Complete(SpecList runs, SpecMap defaults) =>
        runs with { Items = [.. runs.Items.Select(run => run is SpecMap map ? Merge(map, ForRun(map, defaults)) : run)] };

    /// <summary>A method's block only reaches runs of that method, and a run that says where its weights come from, or what its variant is, says all of it.</summary>
    private static SpecMap ForRun(SpecMap run, SpecMap defaults)
    {
        var method = ((run["method"] ?? defaults["method"]) as SpecScalar)?.Text;
        return defaults with
        {
            Entries = [.. defaults.Entries.Where(entry =>
                (entry.Key == method || !MethodBlocks.Contains(entry.Key)) && !(WholeBlocks.Contains(entry.Key) && run.Has(entry.Key)))],
        };
    }

    private static SpecMap Merge(SpecMap own, SpecMap defaults) => own with
    {
        Entries =
        [
            .. own.Entries.Select(entry => entry.Value is SpecMap block && defaults[entry.Key] is SpecMap other
                ? entry with { Value = Merge(block, other) }
                : entry),
            .. defaults.Entries.Where(entry => !own.Has(entry.Key)),
        ],
    };
}
