using Bunit;
using SggLab.Web.Comparisons;
using SggLab.Web.Evaluations;
using SggLab.Web.Look;

namespace SggLab.Web.Tests.Evaluations;

public sealed class AveragePrecisionTests : IDisposable
{
    private readonly BunitContext _page = new();

    public void Dispose() => _page.Dispose();

    [Fact]
    public void An_AP_without_anything_to_find_is_a_dash_that_says_why()
    {
        var nothing = Samples.Evaluation() with { Ap50 = -1 };
        var line = new ComparedLine(Samples.Run(), "Soft Recall", VariantLook.Soft, 0);
        foreach (var table in new[] { _page.Render<EvaluationTable>(one => one.Add(table => table.Evaluations, [nothing])).Markup, _page.Render<FinalTable>(one => one.Add(table => table.Finals, [new FinalRow(line, nothing, null)])).Markup })
        {
            table.ShouldNotContain("100.0%");
            table.ShouldContain("COCO leaves AP undefined");
        }
    }

    [Fact]
    public void An_AP_that_was_measured_is_percent() =>
        _page.Render<EvaluationTable>(one => one.Add(table => table.Evaluations, [Samples.Evaluation() with { Ap50 = 0.4213 }])).Markup.ShouldContain("42.1%");
}
