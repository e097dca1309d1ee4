using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Training.Evaluations;

namespace SggLab.Training;

/// <summary>Reads the splits that a run names before it takes a step: a wrong split or a damaged file is found in seconds, not after hours of training.</summary>
public static class RunData
{
    /// <summary>Of all runs, each problem with its run's place in the file. What several runs share is read once.</summary>
    public static IReadOnlyList<SpecProblem> Check(ExperimentSpec spec)
    {
        var known = new Dictionary<Wanted, SpecProblem?>();
        return [.. spec.Runs.SelectMany((run, i) => Check(run, known).Select(problem => problem with { Field = $"runs[{i}].{problem.Field}" }))];
    }

    /// <summary>Everything wrong with the data of a run.</summary>
    public static IReadOnlyList<SpecProblem> Check(RunSpec spec) => [.. Check(spec, [])];

    private static IEnumerable<SpecProblem> Check(RunSpec spec, Dictionary<Wanted, SpecProblem?> known)
    {
        foreach (var wanted in Of(spec))
        {
            if (!known.TryGetValue(wanted, out var problem))
                known[wanted] = problem = Read(wanted);
            if (problem is not null)
                yield return problem;
        }
    }

    /// <param name="Rows">How many are used; null = all.</param>
    /// <param name="Vocabulary">Whose names the figures of the split are counted over; null where there are none.</param>
    private sealed record Wanted(string Field, string Path, string? Split = null, int? Rows = null, string? Vocabulary = null);

    private static IEnumerable<Wanted> Of(RunSpec spec)
    {
        if (spec.Method == RunMethod.Scripted)
            yield break;
        if (spec.Method != RunMethod.Evaluate && spec.Data.Train is { Length: > 0 } train)
            yield return new("data.train", train);
        if (spec is { Method: not RunMethod.Evaluate, Evaluation.EverySteps: not null, Data.Validation: { Length: > 0 } validation })
            yield return new("data.validation", validation, Rows: spec.Evaluation.Slice, Vocabulary: spec.Data.Vocabulary);
        if (spec.Data.Test is { Length: > 0 } test)
            yield return new("data.test", test, spec.Data.TestSplit, spec.Evaluation.Limit, spec.Data.Vocabulary);
    }

    private static SpecProblem? Read(Wanted wanted)
    {
        var field = wanted.Field;
        try
        {
            var splits = HubFolder.Find(wanted.Path);
            if (splits.Count > 1 && wanted is { Split: null, Field: not "data.test" })
                return new SpecProblem(field, $"{wanted.Path} holds the splits {string.Join(", ", splits.Select(split => split.Name))}; give the path of one split's file or folder.");
            field = wanted.Split is null ? wanted.Field : "data.test_split";
            var chosen = HubFolder.Find(wanted.Path, wanted.Split);
            field = wanted.Field;
            using var data = ParquetDataset.Open(chosen);
            var vocabulary = wanted.Vocabulary is { } name ? SplitEvaluation.VocabularyOf(name) : null;
            data.Probe(wanted.Rows, vocabulary is null ? null : example => SplitEvaluation.CheckNames(example, vocabulary));
            return data.Count > 0 ? null : new SpecProblem(field, $"{wanted.Path} has no row; give data that hold some.");
        }
        catch (LabException e)
        {
            return new SpecProblem(field, e.Message.EndsWith('.') ? e.Message : e.Message + ".");
        }
    }
}
