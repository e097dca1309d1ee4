using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SggLab.EndToEnd.Browser;

/// <summary>
/// Every page in light and dark, wide and narrow: it loads without an error, fits its window, has one title and can be read and used by everybody. Each leaves its pictures in artifacts/screens.
/// </summary>
[Collection(BrowserCollection.Name)]
public sealed partial class EveryPageTests(LabSite site, LabBrowser browser)
{
    [Theory]
    [InlineData(1440)]
    [InlineData(390)]
    public async Task A_page_loads_fits_its_window_is_accessible_and_writes_no_error(int width)
    {
        var (experiment, runs) = await SampleLab.EnsureAsync(site);
        await using var lab = await browser.OpenAsync(site, width);
        await lab.Page.GotoAsync("/sign-in");
        await PicturesAsync(lab, "sign-in");
        await lab.SignInAsync();
        var checkpoint = await CheckpointAsync(lab, runs[0]);
        foreach (var (name, path) in new[]
        {
            ("home", "/"), ("new-experiment", "/?new=fields"), ("new-experiment-yaml", "/?new=yaml"), ("new-experiment-presets", "/?new=demo"), ("runs", "/runs"), ("experiment", $"/experiments/{experiment}"), ("run", $"/runs/{runs[0]}"),
            ("run-rollouts", $"/runs/{runs[0]}?tab=rollouts"), ("run-evaluations", $"/runs/{runs[0]}?tab=evaluations"), ("run-checkpoints", $"/runs/{runs[0]}?tab=checkpoints"), ("run-attempts", $"/runs/{runs[0]}?tab=attempts"), ("run-log", $"/runs/{runs[0]}?tab=log"), ("run-events", $"/runs/{runs[0]}?tab=events"),
            ("run-configuration", $"/runs/{runs[0]}?tab=config"), ("compare", "/compare?" + string.Join('&', runs.Take(3).Select(run => "run=" + run))), ("compare-nothing", "/compare"), ("leaderboard", "/leaderboard"),
            ("checkpoint", $"/checkpoints/{checkpoint}"), ("queue", "/queue"), ("no-run", "/runs/nosuchrun1"), ("no-experiment", "/experiments/none"), ("no-checkpoint", "/checkpoints/none"),
        })
        {
            await lab.GoAsync(path);
            await lab.ShouldFitAsync(path);
            await Expect(lab.Page.Locator("h1")).ToHaveCountAsync(1);
            await Expect(lab.Page).ToHaveTitleAsync(new Regex("· SggLab$"));
            await PicturesAsync(lab, name);
        }
        lab.Errors.ShouldBeEmpty();
    }

    private static async Task<string> CheckpointAsync(LabPage lab, string run)
    {
        await lab.GoAsync($"/runs/{run}?tab=checkpoints");
        return CheckpointId().Match(await lab.Page.Locator("a[href^='/checkpoints/']").First.GetAttributeAsync("href") ?? "").Value;
    }

    /// <summary>One in each theme; the page follows the system's while it is open.</summary>
    private static async Task PicturesAsync(LabPage lab, string name)
    {
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await lab.Page.EmulateMediaAsync(new() { ColorScheme = theme });
            var file = $"{name}-{(theme == ColorScheme.Dark ? "dark" : "light")}-{lab.Width}.png";
            await Expect(lab.Page.Locator($"html[data-bs-theme={(theme == ColorScheme.Dark ? "dark" : "light")}]")).ToHaveCountAsync(1);
            await Task.Delay(200, TestContext.Current.CancellationToken); // charts come to rest
            (await PageRules.FaultsAsync(lab.Page)).ShouldBeEmpty(file);
            await lab.Page.ScreenshotAsync(new() { Path = Path.Combine(SampleLab.RepositoryRoot, "artifacts", "screens", file), FullPage = true });
        }
        await lab.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
    }

    [GeneratedRegex("[0-9a-f]{16}$")]
    private static partial Regex CheckpointId();
}
