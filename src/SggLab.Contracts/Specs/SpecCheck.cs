namespace SggLab.Contracts.Specs;

/// <summary>Collects problems under a field prefix.</summary>
internal sealed class SpecCheck(string prefix)
{
    private readonly List<SpecProblem> _problems = [];
    public IReadOnlyList<SpecProblem> Problems => _problems;

    public void That(bool holds, string field, string otherwise)
    {
        if (!holds)
            _problems.Add(new SpecProblem(prefix + field, otherwise + "."));
    }

    public void OneOf(string value, string field, params string[] allowed) =>
        That(allowed.Contains(value, StringComparer.Ordinal), field, $"give {string.Join(" or ", allowed)}; given was '{value}'");
}
