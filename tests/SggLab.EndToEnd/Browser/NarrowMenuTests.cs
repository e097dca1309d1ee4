using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SggLab.EndToEnd.Browser;

[Collection(BrowserCollection.Name)]
public sealed class NarrowMenuTests(LabSite site, LabBrowser browser)
{
    [Fact]
    public async Task A_link_followed_while_the_menu_still_unfolds_leaves_it_folded()
    {
        await using var lab = await browser.OpenAsync(site, 390);
        await lab.SignInAsync();
        // Both in one task of the browser, so that no frame of the unfolding lies between them.
        await lab.Page.EvaluateAsync("() => { document.querySelector('.navbar-toggler').click(); document.querySelector('#lab-menu a[href=\"/queue\"]').click(); }");
        await Expect(lab.Page.Locator("#main h1")).ToHaveTextAsync("Queue and workers");
        await Expect(lab.Page.Locator("#lab-menu")).ToBeHiddenAsync();
        await lab.Page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).ClickAsync();
        await Expect(lab.Page.Locator("#lab-menu.show")).ToBeVisibleAsync();
    }
}
