using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SggLab.EndToEnd.Browser;

[Collection(BrowserCollection.Name)]
public sealed class LostConnectionTests(LabSite site, LabBrowser browser)
{
    [Fact]
    public async Task A_page_says_that_the_server_is_gone_and_comes_back_by_itself_at_the_same_address()
    {
        await using var lab = await browser.OpenAsync(site, 1440);
        await lab.SignInAsync("/runs?sort=name&state=completed");
        var before = lab.Page.Url;
        await lab.MarkAsync();
        await site.KillWebAsync();
        await Expect(lab.Page.Locator(".lab-reconnect")).ToBeVisibleAsync();
        await site.StartWebAsync();
        await lab.Page.WaitForFunctionAsync("() => window.labTestMark !== true && document.querySelector('#main h1')?.textContent === 'Runs'");
        await Expect(lab.Page.Locator(".lab-reconnect")).ToBeHiddenAsync();
        lab.Page.Url.ShouldBe(before);
    }

    [Fact]
    public async Task Cancelling_asks_first_and_a_cancelled_run_can_be_retried()
    {
        await using var lab = await browser.OpenAsync(site, 1440);
        var page = lab.Page;
        await lab.SignInAsync("/?new=fields");
        await page.GetByLabel("Name").FillAsync("to-cancel");
        await page.GetByLabel("What runs").SelectOptionAsync("scripted");
        await page.GetByLabel("Steps", new() { Exact = true }).FillAsync("20000");
        foreach (var variant in new[] { "Hard Recall + Relax", "Soft Recall" })
            await page.Locator("#new-experiment").GetByText(variant, new() { Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Queue the run" }).ClickAsync();
        // The home page, which is there until the experiment's is, names the run too.
        await Expect(page.Locator("#main h1")).ToHaveTextAsync("to-cancel");
        await page.GetByRole(AriaRole.Link, new() { Name = "hard-recall-s1", Exact = true }).ClickAsync();
        await Expect(page.Locator(".lab-facts [data-state=running]")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel run" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep it" }).ClickAsync();
        await Expect(page.Locator(".lab-facts [data-state=running]")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel run" }).First.ClickAsync();
        await page.Locator(".modal.show [data-confirm]").ClickAsync();
        await Expect(page.Locator(".lab-facts [data-state=cancelled]")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).First.ClickAsync();
        await page.Locator(".modal.show [data-confirm]").ClickAsync();
        await Expect(page.Locator(".lab-facts [data-state=running]")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel run" }).First.ClickAsync();
        await page.Locator(".modal.show [data-confirm]").ClickAsync();
        await Expect(page.Locator(".lab-facts [data-state=cancelled]")).ToBeVisibleAsync();
        lab.Errors.ShouldBeEmpty();
    }
}
