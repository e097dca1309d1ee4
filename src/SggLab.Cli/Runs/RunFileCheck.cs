using SggLab.Contracts.Specs;
using SggLab.Training;

namespace SggLab.Cli.Runs;

/// <summary>Everything wrong with a run file that can be told on this machine.</summary>
internal static class RunFileCheck
{
    /// <param name="here">True where the runs will train on this machine: every path must exist, and the data are read. Otherwise what is not here is the worker's to find.</param>
    public static IReadOnlyList<SpecProblem> Check(ExperimentSpec spec, SpecLines lines, bool here)
    {
        var problems = SpecValidation.Check(spec).ToList();
        foreach (var check in new Func<IEnumerable<SpecProblem>>[] { () => SpecFilesCheck.Check(spec, mustExist: here), () => RunModel.Check(spec), () => here ? RunData.Check(spec) : [] })
        {
            // What one check found wrong, the next would only find again.
            var known = problems.Select(problem => problem.Field).ToHashSet();
            problems.AddRange(check().Where(problem => !known.Contains(problem.Field)));
        }
        return [.. problems.Select(problem => problem.At(lines))];
    }
}
