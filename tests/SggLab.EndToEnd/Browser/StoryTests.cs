using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SggLab.EndToEnd.Browser;

/// <summary>A researcher's morning: queue the three variants, watch one train, compare them, see the ranking, and ask where a figure comes from.</summary>
[Collection(BrowserCollection.Name)]
public sealed partial class StoryTests(LabSite site, LabBrowser browser)
{
    [Theory]
    [InlineData(1440)]
    [InlineData(390)]
    public async Task Queue_then_watch_then_compare_then_rank_then_trace(int width)
    {
        await using var lab = await browser.OpenAsync(site, width);
        var page = lab.Page;
        var name = $"rewards-{width}";

        await SignInAsync(lab);
        await QueueAsync(lab, name);
        await WatchAsync(lab);
        await CompareAsync(lab, name);
        await RankAndTraceAsync(lab);

        lab.Errors.ShouldBeEmpty();
        if (lab.IsNarrow)
            await page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "admin" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Sign in");
        await page.GotoAsync("/runs");
        await Expect(page).ToHaveURLAsync(new Regex("/sign-in\\?returnUrl=%2Fruns"));
    }

    private async Task SignInAsync(LabPage lab)
    {
        var page = lab.Page;
        await page.GotoAsync("/");
        await Expect(page).ToHaveURLAsync(new Regex("/sign-in"));
        await page.GetByLabel("Name").FillAsync("admin");
        await page.GetByLabel("Password").FillAsync("not this one");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("admin-password");
        lab.ForgetErrors(); // the browser itself reports the 401
        await page.GetByLabel("Name").FillAsync("admin");
        await page.GetByLabel("Password").FillAsync(site.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.Locator("#main h1")).ToHaveTextAsync("Home");
    }

    private static async Task QueueAsync(LabPage lab, string name)
    {
        var page = lab.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "New experiment" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Expect(page.Locator("[data-field=name]")).ToContainTextAsync("Give the experiment a name");
        await page.GetByLabel("Name").FillAsync(name);
        await page.GetByLabel("What runs").SelectOptionAsync("scripted");
        await page.GetByLabel("Steps", new() { Exact = true }).FillAsync("250");
        await page.GetByLabel("Milliseconds a step").FillAsync("40");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Expect(page.Locator(".lab-preview li")).ToHaveCountAsync(3);
        await page.GetByRole(AriaRole.Button, new() { Name = "Queue 3 runs" }).ClickAsync();
        await Expect(page.Locator("#main h1")).ToHaveTextAsync(name);
        await Expect(page.Locator("tr[data-run]")).ToHaveCountAsync(3);
        await lab.ShouldFitAsync("The experiment");
    }

    private static async Task WatchAsync(LabPage lab)
    {
        var page = lab.Page;
        // The third run waits until one of the other two is done: time to open its page, however busy the machine.
        await page.GetByRole(AriaRole.Link, new() { Name = "soft-recall-s1", Exact = true }).ClickAsync();
        await Expect(page.Locator("#main h1")).ToHaveTextAsync("soft-recall-s1");
        await lab.MarkAsync();
        await Expect(page.Locator("canvas").First).ToBeVisibleAsync();
        var early = await StepAsync(page);
        await page.WaitForFunctionAsync("before => Number(document.querySelector('.lab-run-figures strong').textContent.split('/')[0].replace(/\\D/g, '')) > before", early);
        await Expect(page.Locator(".lab-facts [data-state=completed]")).ToBeVisibleAsync();
        (await lab.IsMarkedAsync()).ShouldBeTrue("the page was loaded again instead of being updated live");
        await page.GetByRole(AriaRole.Link, new() { NameRegex = EvaluationsTab() }).ClickAsync();
        await Expect(page.Locator("section[aria-label=Evaluations] tbody tr")).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Link, new() { Name = "Events" }).ClickAsync();
        await Expect(page.Locator(".lab-event-type").First).ToHaveTextAsync("run_completed");
    }

    private static async Task CompareAsync(LabPage lab, string name)
    {
        var page = lab.Page;
        await page.GetByLabel("Breadcrumb").GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();
        await Expect(page.Locator("tr[data-run] [data-state=completed]")).ToHaveCountAsync(3);
        await page.GetByRole(AriaRole.Link, new() { Name = "Compare the variants" }).ClickAsync();
        await Expect(page.Locator(".lab-chip")).ToHaveCountAsync(3);
        await Expect(page.Locator("[data-table=final] tbody tr")).ToHaveCountAsync(3);
        await Expect(page.Locator("canvas").First).ToBeVisibleAsync();
        var strokes = await page.Locator(".lab-chip line").EvaluateAllAsync<string[]>("lines => lines.map(line => getComputedStyle(line).stroke)");
        strokes.Distinct().Count().ShouldBe(3);
        await Expect(page.Locator(".lab-settings")).ToContainTextAsync("hard_recall_relax");
        await page.GetByLabel("Metric").SelectOptionAsync("reward");
        await Expect(page).ToHaveURLAsync(new Regex("metric=reward"));
        await Expect(page.Locator("canvas")).ToHaveCountAsync(1);
        await lab.ShouldFitAsync("The comparison");
    }

    private static async Task RankAndTraceAsync(LabPage lab)
    {
        var page = lab.Page;
        await lab.FollowMenuAsync("Leaderboard");
        var rows = page.Locator("[data-table=leaderboard] tbody tr");
        await Expect(rows.First).ToBeVisibleAsync();
        (await rows.First.GetAttributeAsync("data-variant")).ShouldBe("soft", "its script reports the highest recall");
        var why = rows.First.GetByRole(AriaRole.Link, new() { NameRegex = EventLink() });
        var number = (await why.InnerTextAsync()).Split('#')[1];
        await rows.First.GetByRole(AriaRole.Link, new() { Name = "checkpoint" }).ClickAsync();
        await Expect(page.Locator(lab.IsNarrow ? ".lab-lineage-row[aria-current=true]" : ".lab-lineage-box[aria-current=true]")).ToBeVisibleAsync();
        await Expect(page.Locator("section[aria-labelledby=files] tbody tr").First).ToBeVisibleAsync();
        await lab.ShouldFitAsync("The checkpoint");
        await page.GetByRole(AriaRole.Link, new() { Name = "#" + number, Exact = true }).First.ClickAsync();
        await Expect(page.Locator(".lab-event-here .lab-event-type")).ToHaveTextAsync("evaluation_recorded");
    }

    /// <summary>0 while no step is shown.</summary>
    private static async Task<int> StepAsync(IPage page) =>
        int.TryParse(Digits().Replace((await page.Locator(".lab-run-figures strong").First.InnerTextAsync()).Split('/')[0], ""), CultureInfo.InvariantCulture, out var step) ? step : 0;

    [GeneratedRegex(@"\D")]
    private static partial Regex Digits();

    [GeneratedRegex(@"^Evaluations \(")]
    private static partial Regex EvaluationsTab();

    [GeneratedRegex(@"#\d+")]
    private static partial Regex EventLink();
}
