using Microsoft.CodeAnalysis;

namespace SggLab.SceneGraphs.Mutants;

/// <summary>One change to one place of the sources.</summary>
internal sealed record Mutant(SyntaxTree Tree, SyntaxNode Before, SyntaxNode After, string File)
{
    /// <summary>The first folder below the project: the part of it that is changed.</summary>
    public string Area => File[..File.IndexOf('/', StringComparison.Ordinal)];

    public int Line => Before.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    public SyntaxTree Changed => Tree.WithRootAndOptions(Tree.GetRoot().ReplaceNode(Before, After), Tree.Options);

    public override string ToString() => $"{File}:{Line}  {OneLine(Before)}  ->  {OneLine(After)}";

    private static string OneLine(SyntaxNode node) => string.Join(' ', node.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
