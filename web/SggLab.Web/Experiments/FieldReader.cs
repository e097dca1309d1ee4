using System.Globalization;

namespace SggLab.Web.Experiments;

/// <summary>What is wrong with a field, for the person who filled it in.</summary>
public sealed record FieldProblem(string Field, string Message);

/// <summary>Reads numbers as people type them and collects what cannot be read.</summary>
internal sealed class FieldReader
{
    private readonly List<FieldProblem> _problems = [];

    public IReadOnlyList<FieldProblem> Problems => _problems;

    public void Add(string field, string message) => _problems.Add(new FieldProblem(field, message));

    public void AddRange(IEnumerable<FieldProblem> problems) => _problems.AddRange(problems);

    /// <returns>1 where the field cannot be read: the form is refused anyway.</returns>
    public int Whole(string field, string text)
    {
        if (int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return value;
        Add(field, text.Trim().Length == 0 ? "Give a whole number." : $"'{text.Trim()}' is not a whole number from 0 to {int.MaxValue}.");
        return 1;
    }

    public double Number(string field, string text)
    {
        if (double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
            return value;
        Add(field, text.Trim().Length == 0 ? "Give a number." : $"'{text.Trim()}' is not a number; write it like 1e-5 or 0.0001.");
        return 1;
    }
}
