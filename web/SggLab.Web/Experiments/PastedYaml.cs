using SggLab.Contracts;
using SggLab.Contracts.Specs;

namespace SggLab.Web.Experiments;

/// <summary>An experiment pasted as YAML: the same reader and the same checks as `./sgglab run queue FILE.yaml`.</summary>
public static class PastedYaml
{
    private const string Shown = "yaml";

    /// <param name="folder">What relative paths count from.</param>
    public static (ExperimentSpec? Spec, IReadOnlyList<FieldProblem> Problems) Read(string text, string folder)
    {
        if (string.IsNullOrWhiteSpace(text))
            return (null, [new FieldProblem("", "Paste a YAML file, or start from a preset.")]);
        var path = Path.Combine(folder, Shown);
        try
        {
            var spec = SpecFile.Parse(text, path);
            var problems = SpecValidation.Check(spec).Concat(SpecFilesCheck.Check(spec, mustExist: false));
            List<FieldProblem> found = [.. problems.Select(problem => new FieldProblem(problem.Field, problem.Message))];
            return (found.Count == 0 ? spec : null, found);
        }
        catch (SpecException e)
        {
            return (null, [.. e.Problems.Select(problem => new FieldProblem("", $"Line {problem.Line}: {problem.Message}"))]);
        }
        catch (LabException e)
        {
            // There is no file, so the line stands alone.
            var message = e.Message.Replace(path + ", l", "L", StringComparison.Ordinal).Replace(path + ": ", "", StringComparison.Ordinal);
            return (null, [new FieldProblem("", message)]);
        }
    }
}
