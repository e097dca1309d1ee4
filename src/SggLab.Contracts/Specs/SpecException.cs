namespace SggLab.Contracts.Specs;

/// <summary>A file whose keys or values do not make a spec: everything that is wrong with it, in the order of its lines.</summary>
public sealed class SpecException(string path, IReadOnlyList<SpecProblem> problems) : LabException(Compose(path, problems))
{
    private const int MostShown = 50;

    public IReadOnlyList<SpecProblem> Problems { get; } = problems;

    private static string Compose(string path, IReadOnlyList<SpecProblem> problems) =>
        string.Join('\n', problems.Take(MostShown).Select(problem => $"{path}, line {problem.Line}: {problem.Message}")) +
        (problems.Count > MostShown ? $"\nand {problems.Count - MostShown} more." : "");
}
