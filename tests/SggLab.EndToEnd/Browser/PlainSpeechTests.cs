using Microsoft.Playwright;
using SggLab.Client;
using SggLab.Contracts.Specs;
using static Microsoft.Playwright.Assertions;

namespace SggLab.EndToEnd.Browser;

/// <summary>Pages say what is so and what to do: why a run waits, what an evaluation came to, what was cancelled, and that a preview is old.</summary>
[Collection(BrowserCollection.Name)]
public sealed class PlainSpeechTests(LabSite site, LabBrowser browser)
{
    [Theory]
    [InlineData(1440)]
    [InlineData(390)]
    public async Task A_run_says_why_it_waits_and_opens_on_its_figures_once_it_has_them(int width)
    {
        using var client = new LabClient(site.Address, site.AdminToken);
        var stop = TestContext.Current.CancellationToken;
        var queued = await client.QueueAsync(Experiment($"evaluation-{width}"), $"gpu-{width}", stop);
        var evaluation = queued.Runs[0].Id;
        await using var lab = await browser.OpenAsync(site, width);
        await lab.SignInAsync($"/runs/{evaluation}");
        var page = lab.Page;

        await Expect(page.Locator(".lab-run-note")).ToContainTextAsync("waits for a worker with a GPU; none is connected. Start one");
        await PicturesAsync(lab, "run-waits-for-gpu");
        var worker = new GpuWorker(client, $"gpu{width}");
        await worker.ComeAsync();
        await Expect(page.Locator(".lab-run-note")).ToHaveCountAsync(0);
        await worker.EvaluateAsync();
        await worker.LeaveAsync();

        await Expect(page.Locator(".lab-facts [data-state=completed]")).ToBeVisibleAsync();
        await Expect(page.Locator(".lab-tabs [aria-current=page]")).ToContainTextAsync("Evaluations");
        var row = page.Locator("section[aria-label=Evaluations] tbody tr");
        await Expect(row).ToHaveCountAsync(1);
        await Expect(row).Not.ToContainTextAsync("100.0%");
        await Expect(row.Locator("[title*='COCO leaves AP undefined']")).ToHaveCountAsync(1);
        await PicturesAsync(lab, "run-evaluation");
        await page.Locator(".lab-tabs").GetByRole(AriaRole.Link, new() { Name = "Curves" }).ClickAsync();
        await Expect(page.Locator(".lab-empty")).ToContainTextAsync("Its figures are under Evaluations");
        await PicturesAsync(lab, "run-evaluation-curves");

        await client.CancelAsync(queued.Runs[1].Id, stop);
        await lab.GoAsync($"/experiments/{queued.ExperimentId}");
        await Expect(page.Locator(".lab-parts-words").First).ToHaveTextAsync("1 of 3 completed, 1 failed, 1 cancelled");
        var colours = await page.Locator(".lab-part-bad, .lab-part-cancelled").EvaluateAllAsync<string[]>("parts => parts.map(part => getComputedStyle(part).background)");
        colours.Distinct().Count().ShouldBe(2);
        await PicturesAsync(lab, "experiment-cancelled");

        await lab.GoAsync("/leaderboard?protocol=gpu");
        await Expect(page.Locator("[data-table=leaderboard]")).Not.ToContainTextAsync("100.0%");
        await PicturesAsync(lab, "leaderboard-undefined");
        lab.Errors.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1440)]
    [InlineData(390)]
    public async Task A_preview_says_that_it_is_old_while_one_types(int width)
    {
        await using var lab = await browser.OpenAsync(site, width);
        await lab.SignInAsync("/?new=scripted");
        var page = lab.Page;
        await page.GetByLabel("Name").FillAsync("old");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Expect(page.Locator(".lab-preview li")).ToHaveCountAsync(3);

        await page.GetByLabel("Seeds").PressAsync("End");
        await page.GetByLabel("Seeds").PressSequentiallyAsync(", 2");
        await Expect(page.Locator(".lab-preview-old")).ToBeVisibleAsync();
        await PicturesAsync(lab, "new-experiment-old");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check again" }).ClickAsync();
        await Expect(page.Locator(".lab-preview li")).ToHaveCountAsync(6);
        await page.Locator(".form-check-input").First.ClickAsync();
        await Expect(page.Locator(".lab-preview-old")).ToBeVisibleAsync();

        await lab.GoAsync("/?new=yaml");
        await page.GetByLabel("Experiment in YAML").FillAsync(await File.ReadAllTextAsync(Path.Combine(SampleLab.RepositoryRoot, "examples", "demo.yaml"), TestContext.Current.CancellationToken));
        await page.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await Expect(page.Locator(".lab-preview li").First).ToBeVisibleAsync();
        await page.GetByLabel("Experiment in YAML").PressAsync("x");
        await Expect(page.Locator(".lab-preview-old")).ToBeVisibleAsync();
        lab.Errors.ShouldBeEmpty();
    }

    private static async Task PicturesAsync(LabPage lab, string name)
    {
        await lab.ShouldFitAsync(name);
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await lab.Page.EmulateMediaAsync(new() { ColorScheme = theme });
            var file = $"{name}-{(theme == ColorScheme.Dark ? "dark" : "light")}-{lab.Width}.png";
            await Expect(lab.Page.Locator($"html[data-bs-theme={(theme == ColorScheme.Dark ? "dark" : "light")}]")).ToHaveCountAsync(1);
            (await PageRules.FaultsAsync(lab.Page)).ShouldBeEmpty(file);
            await lab.Page.ScreenshotAsync(new() { Path = Path.Combine(SampleLab.RepositoryRoot, "artifacts", "screens", file), FullPage = true });
        }
        await lab.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
    }

    private static ExperimentSpec Experiment(string name) => new()
    {
        Experiment = name,
        Runs =
        [
            Run("measured", RunMethod.Evaluate) with { Model = new ModelSource { Folder = "models/large" }, Data = new DataSources { Vocabulary = "synthetic", Test = "data/test" } },
            Run("stopped", RunMethod.Scripted) with { Scripted = new ScriptedSettings { Steps = 10 } },
            Run("fails", RunMethod.Scripted) with { Device = "cpu", Scripted = new ScriptedSettings { Steps = 10, StepMilliseconds = 1, FailAtStep = 2 } },
        ],
    };

    private static RunSpec Run(string name, RunMethod method) => new()
    {
        Name = name,
        Method = method,
        Model = new ModelSource(),
        Data = new DataSources { Vocabulary = "synthetic" },
        Device = "cuda",
        Protocol = new Protocol { Name = "gpu", Prompt = "closed", SystemPrompt = "sft", MinPixels = 3136, MaxPixels = 50176, MaxNewTokens = 256, BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test" },
    };
}
