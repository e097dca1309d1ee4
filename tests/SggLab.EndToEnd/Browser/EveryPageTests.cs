using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace SggLab.EndToEnd.Browser;

/// <summary>
/// Every page in light and dark, wide and narrow: it loads without an error, fits its window and has one title. Each leaves a picture in artifacts/screens;
/// SGGLAB_SCREENS=docs/screens renews those of the documentation.
/// </summary>
[Collection(BrowserCollection.Name)]
public sealed partial class EveryPageTests(LabSite site, LabBrowser browser)
{
    [Theory]
    [InlineData("light", 1440)]
    [InlineData("dark", 1440)]
    [InlineData("light", 390)]
    [InlineData("dark", 390)]
    public async Task A_page_loads_fits_its_window_and_writes_no_error(string theme, int width)
    {
        var (experiment, runs) = await SampleLab.EnsureAsync(site);
        await using var lab = await browser.OpenAsync(site, width, theme);
        await lab.Page.GotoAsync("/sign-in");
        await PictureAsync(lab, "sign-in", theme);
        await lab.SignInAsync();
        var checkpoint = await CheckpointAsync(lab, runs[0]);
        foreach (var (name, path) in new[]
        {
            ("home", "/"), ("new-experiment", "/?new=fields"), ("new-experiment-yaml", "/?new=yaml"), ("new-experiment-presets", "/?new=demo"), ("runs", "/runs"), ("experiment", $"/experiments/{experiment}"), ("run", $"/runs/{runs[0]}"),
            ("run-evaluations", $"/runs/{runs[0]}?tab=evaluations"), ("run-checkpoints", $"/runs/{runs[0]}?tab=checkpoints"), ("run-attempts", $"/runs/{runs[0]}?tab=attempts"), ("run-log", $"/runs/{runs[0]}?tab=log"), ("run-events", $"/runs/{runs[0]}?tab=events"),
            ("run-configuration", $"/runs/{runs[0]}?tab=config"), ("compare", "/compare?" + string.Join('&', runs.Take(3).Select(run => "run=" + run))), ("compare-nothing", "/compare"), ("leaderboard", "/leaderboard"),
            ("checkpoint", $"/checkpoints/{checkpoint}"), ("queue", "/queue"), ("no-run", "/runs/nosuchrun1"), ("no-experiment", "/experiments/none"), ("no-checkpoint", "/checkpoints/none"),
        })
        {
            await lab.GoAsync(path);
            (await lab.OverflowAsync()).ShouldBeLessThanOrEqualTo(0, $"{path} is wider than {width} pixels");
            await Expect(lab.Page.Locator("h1")).ToHaveCountAsync(1);
            (await lab.Page.TitleAsync()).ShouldEndWith("· SggLab");
            await PictureAsync(lab, name, theme);
        }
        (await lab.Page.EvaluateAsync<string>("document.documentElement.dataset.bsTheme")).ShouldBe(theme);
        lab.Errors.ShouldBeEmpty();
    }

    private static async Task<string> CheckpointAsync(LabPage lab, string run)
    {
        await lab.GoAsync($"/runs/{run}?tab=checkpoints");
        return CheckpointId().Match(await lab.Page.Locator("a[href^='/checkpoints/']").First.GetAttributeAsync("href") ?? "").Value;
    }

    private static async Task PictureAsync(LabPage lab, string name, string theme)
    {
        await Task.Delay(250, TestContext.Current.CancellationToken); // charts and bars come to rest
        var root = SampleLab.RepositoryRoot;
        var folder = Path.Combine(root, Environment.GetEnvironmentVariable("SGGLAB_SCREENS") ?? Path.Combine("artifacts", "screens"));
        await lab.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{theme}-{lab.Width}.png"), FullPage = true });
    }

    [GeneratedRegex("[0-9a-f]{16}$")]
    private static partial Regex CheckpointId();
}
