using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SggLab.SceneGraphs.Mutants;

/// <summary>Every place where a slip of one operator, number, branch or statement would still compile; texts are left alone.</summary>
internal sealed class MutantFinder(SyntaxTree tree, string file) : CSharpSyntaxWalker
{
    private static readonly Dictionary<SyntaxKind, SyntaxKind[]> Operators = new()
    {
        [SyntaxKind.LessThanExpression] = [SyntaxKind.LessThanOrEqualExpression, SyntaxKind.GreaterThanExpression],
        [SyntaxKind.LessThanOrEqualExpression] = [SyntaxKind.LessThanExpression, SyntaxKind.GreaterThanExpression],
        [SyntaxKind.GreaterThanExpression] = [SyntaxKind.GreaterThanOrEqualExpression, SyntaxKind.LessThanExpression],
        [SyntaxKind.GreaterThanOrEqualExpression] = [SyntaxKind.GreaterThanExpression, SyntaxKind.LessThanExpression],
        [SyntaxKind.EqualsExpression] = [SyntaxKind.NotEqualsExpression],
        [SyntaxKind.NotEqualsExpression] = [SyntaxKind.EqualsExpression],
        [SyntaxKind.AddExpression] = [SyntaxKind.SubtractExpression],
        [SyntaxKind.SubtractExpression] = [SyntaxKind.AddExpression],
        [SyntaxKind.MultiplyExpression] = [SyntaxKind.DivideExpression],
        [SyntaxKind.DivideExpression] = [SyntaxKind.MultiplyExpression],
        [SyntaxKind.LogicalAndExpression] = [SyntaxKind.LogicalOrExpression],
        [SyntaxKind.LogicalOrExpression] = [SyntaxKind.LogicalAndExpression],
        [SyntaxKind.LeftShiftExpression] = [SyntaxKind.RightShiftExpression],
        [SyntaxKind.RightShiftExpression] = [SyntaxKind.LeftShiftExpression],
        [SyntaxKind.BitwiseAndExpression] = [SyntaxKind.BitwiseOrExpression],
        [SyntaxKind.ExclusiveOrExpression] = [SyntaxKind.BitwiseAndExpression],
    };

    private static readonly Dictionary<string, string> Methods = new()
    {
        ["Min"] = "Max", ["Max"] = "Min", ["Any"] = "All", ["All"] = "Any", ["First"] = "Last", ["FirstOrDefault"] = "LastOrDefault",
        ["IndexOf"] = "LastIndexOf", ["LastIndexOf"] = "IndexOf", ["StartsWith"] = "EndsWith", ["EndsWith"] = "StartsWith",
        ["OrderBy"] = "OrderByDescending", ["OrderByDescending"] = "OrderBy", ["TrimStart"] = "TrimEnd", ["TrimEnd"] = "TrimStart",
    };

    private readonly List<Mutant> _mutants = [];

    public static List<Mutant> Find(SyntaxTree tree, string file)
    {
        var finder = new MutantFinder(tree, file);
        finder.Visit(tree.GetRoot());
        return finder._mutants;
    }

    private void Add(SyntaxNode before, SyntaxNode after) => _mutants.Add(new Mutant(tree, before, after.WithTriviaFrom(before), file));

    public override void VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        foreach (var other in Operators.GetValueOrDefault(node.Kind(), []))
            Add(node, SyntaxFactory.BinaryExpression(other, node.Left, node.Right));
        base.VisitBinaryExpression(node);
    }

    public override void VisitRelationalPattern(RelationalPatternSyntax node)
    {
        var other = node.OperatorToken.Kind() switch
        {
            SyntaxKind.LessThanToken => SyntaxKind.LessThanEqualsToken,
            SyntaxKind.LessThanEqualsToken => SyntaxKind.LessThanToken,
            SyntaxKind.GreaterThanToken => SyntaxKind.GreaterThanEqualsToken,
            _ => SyntaxKind.GreaterThanToken,
        };
        Add(node, SyntaxFactory.RelationalPattern(SyntaxFactory.Token(other), node.Expression));
        base.VisitRelationalPattern(node);
    }

    public override void VisitLiteralExpression(LiteralExpressionSyntax node)
    {
        if (node.IsKind(SyntaxKind.TrueLiteralExpression)) Add(node, SyntaxFactory.LiteralExpression(SyntaxKind.FalseLiteralExpression));
        else if (node.IsKind(SyntaxKind.FalseLiteralExpression)) Add(node, SyntaxFactory.LiteralExpression(SyntaxKind.TrueLiteralExpression));
        else if (node.Token.Value is int whole) Add(node, SyntaxFactory.ParseExpression((whole + 1).ToString(CultureInfo.InvariantCulture)));
        else if (node.Token.Value is double number) Add(node, SyntaxFactory.ParseExpression((number + 0.5).ToString("R", CultureInfo.InvariantCulture) + "d"));
    }

    public override void VisitPrefixUnaryExpression(PrefixUnaryExpressionSyntax node)
    {
        if (node.Kind() is SyntaxKind.LogicalNotExpression or SyntaxKind.UnaryMinusExpression) Add(node, SyntaxFactory.ParenthesizedExpression(node.Operand));
        base.VisitPrefixUnaryExpression(node);
    }

    public override void VisitAssignmentExpression(AssignmentExpressionSyntax node)
    {
        if (node.IsKind(SyntaxKind.AddAssignmentExpression)) Add(node, SyntaxFactory.AssignmentExpression(SyntaxKind.SubtractAssignmentExpression, node.Left, node.Right));
        if (node.IsKind(SyntaxKind.SubtractAssignmentExpression)) Add(node, SyntaxFactory.AssignmentExpression(SyntaxKind.AddAssignmentExpression, node.Left, node.Right));
        base.VisitAssignmentExpression(node);
    }

    public override void VisitIfStatement(IfStatementSyntax node)
    {
        Add(node.Condition, SyntaxFactory.ParseExpression($"!({node.Condition})"));
        base.VisitIfStatement(node);
    }

    public override void VisitConditionalExpression(ConditionalExpressionSyntax node)
    {
        Add(node, node.WithWhenTrue(node.WhenFalse.WithoutTrivia()).WithWhenFalse(node.WhenTrue.WithoutTrivia()));
        base.VisitConditionalExpression(node);
    }

    public override void VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        Add(node, SyntaxFactory.EmptyStatement());
        base.VisitExpressionStatement(node);
    }

    public override void VisitContinueStatement(ContinueStatementSyntax node) => Add(node, SyntaxFactory.EmptyStatement());

    public override void VisitBreakStatement(BreakStatementSyntax node)
    {
        if (node.Parent is not SwitchSectionSyntax) Add(node, SyntaxFactory.EmptyStatement());
    }

    public override void VisitMemberAccessExpression(MemberAccessExpressionSyntax node)
    {
        if (node.Parent is InvocationExpressionSyntax && Methods.TryGetValue(node.Name.Identifier.Text, out var other)) Add(node, node.WithName(SyntaxFactory.IdentifierName(other)));
        base.VisitMemberAccessExpression(node);
    }

    // Messages are for people, and attributes for the compiler.
    public override void VisitInterpolatedStringExpression(InterpolatedStringExpressionSyntax node)
    {
    }

    public override void VisitThrowStatement(ThrowStatementSyntax node)
    {
    }

    public override void VisitThrowExpression(ThrowExpressionSyntax node)
    {
    }

    public override void VisitAttributeList(AttributeListSyntax node)
    {
    }
}
