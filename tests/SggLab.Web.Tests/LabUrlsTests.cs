namespace SggLab.Web.Tests;

public sealed class LabUrlsTests
{
    [Theory]
    [InlineData("/runs/abc?tab=log", "/runs/abc?tab=log")]
    [InlineData("//evil.example/x", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("https://evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("/a\nb", "/")]
    [InlineData("", "/")]
    [InlineData(null, "/")]
    public void Signing_in_leads_to_a_page_of_this_site_only(string? asked, string goesTo) => LabUrls.LocalOrHome(asked).ShouldBe(goesTo);

    [Fact]
    public void A_comparison_keeps_its_runs_in_order_and_leaves_out_what_is_as_usual() =>
        LabUrls.CompareRuns(["b", "a"], metric: "rewards/edge soft", smooth: null).ShouldBe("/compare?run=b&run=a&metric=rewards%2Fedge%20soft");

    [Fact]
    public void What_a_person_typed_cannot_leave_its_place_in_an_address()
    {
        LabUrls.RunList(search: "a&state=failed#x").ShouldBe("/runs?q=a%26state%3Dfailed%23x");
        LabUrls.Run("../admin").ShouldBe("/runs/..%2Fadmin");
    }

    [Fact]
    public void A_figure_leads_to_its_event() => LabUrls.Run("r1", "events", @event: 337).ShouldBe("/runs/r1?tab=events&event=337");
}
