using Bunit;
using Microsoft.Extensions.DependencyInjection;
using SggLab.Web.Runs;

namespace SggLab.Web.Tests.Runs;

public sealed class RunTableTests : IDisposable
{
    private readonly BunitContext _page = new();

    public RunTableTests() => _page.Services.AddSingleton(TimeProvider.System);

    public void Dispose() => _page.Dispose();

    [Fact]
    public void A_row_says_state_variant_and_progress_and_leads_to_its_run()
    {
        var table = _page.Render<RunTable>(one => one.Add(table => table.Runs, [Samples.Run("soft-s1", step: 40, total: 100)]));
        table.Find("a.lab-strong").GetAttribute("href").ShouldBe("/runs/soft-s1");
        table.Find("[data-state]").TextContent.ShouldContain("Running");
        table.Find("td [data-variant=soft]").TextContent.ShouldBe("Soft Recall");
        table.Find("[role=progressbar]").GetAttribute("aria-valuenow").ShouldBe("40");
    }

    [Fact]
    public void A_head_leads_to_the_table_in_its_order()
    {
        var table = _page.Render<RunTable>(one => one.Add(table => table.Runs, [Samples.Run()]).Add(table => table.Sort, RunSort.Parse("name")).Add(table => table.SortedAt, sort => "/runs?sort=" + sort.Text));
        table.FindAll("a.lab-sort").Select(link => link.GetAttribute("href")).ShouldContain("/runs?sort=-name");
        table.Find("a[aria-current=true]").TextContent.ShouldContain("Run");
    }

    [Fact]
    public void Ticking_a_run_picks_it()
    {
        string? picked = null;
        var table = _page.Render<RunTable>(one => one.Add(table => table.Runs, [Samples.Run()]).Add(table => table.PickChanged, run => picked = run));
        table.Find("input[type=checkbox]").Change(true);
        picked.ShouldBe("soft-s1");
    }

    [Fact]
    public void A_run_cannot_write_markup_into_the_page() =>
        _page.Render<RunTable>(one => one.Add(table => table.Runs, [Samples.Run("<script>alert(1)</script>")])).FindAll("script").ShouldBeEmpty();
}
