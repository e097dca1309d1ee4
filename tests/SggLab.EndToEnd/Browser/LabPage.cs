using System.Collections.Concurrent;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SggLab.EndToEnd.Browser;

/// <summary>A browser window, and what one does in it again and again.</summary>
public sealed class LabPage : IAsyncDisposable
{
    private readonly LabSite _site;
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _errors = new();

    public LabPage(LabSite site, IBrowserContext context, IPage page, int width)
    {
        (_site, _context, Page, Width) = (site, context, page, width);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _errors.Enqueue($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => _errors.Enqueue($"{page.Url}: {error}");
    }

    public IPage Page { get; }
    public int Width { get; }
    public bool IsNarrow => Width < 768;

    /// <summary>What the page wrote to the console as errors or warnings since the last <see cref="ForgetErrors"/>.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    public void ForgetErrors() => _errors.Clear();

    public async Task SignInAsync(string path = "/")
    {
        await Page.GotoAsync("/sign-in?returnUrl=" + Uri.EscapeDataString(path));
        await Page.GetByLabel("Name").FillAsync("admin");
        await Page.GetByLabel("Password").FillAsync(_site.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await SettledAsync();
    }

    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await SettledAsync();
    }

    /// <summary>Until the circuit has drawn the page and its first load is through.</summary>
    public async Task SettledAsync()
    {
        await Expect(Page.Locator("#main h1")).ToBeVisibleAsync();
        await Expect(Page.Locator(".lab-loading")).ToHaveCountAsync(0);
    }

    /// <summary>By the menu, which a narrow screen folds away.</summary>
    public async Task FollowMenuAsync(string link)
    {
        if (IsNarrow)
            await Page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).ClickAsync();
        await Page.Locator("#lab-menu").GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).ClickAsync();
        await Expect(Page.Locator("#main h1")).ToContainTextAsync(link);
        await SettledAsync();
    }

    /// <summary>Nothing reaches past the window's right edge; if something does, the message names the outermost elements that do.</summary>
    public async Task ShouldFitAsync(string what)
    {
        var wide = await Page.EvaluateAsync<string[]>("""
            () => {
              const edge = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= edge) return [];
              return [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > edge + 0.5)
                .slice(0, 12).map(e => `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''} reaches ${Math.round(e.getBoundingClientRect().right)} of ${edge}: ${(e.textContent ?? '').trim().slice(0, 40)}`);
            }
            """);
        wide.ShouldBeEmpty($"{what} is wider than its window of {Width} pixels");
    }

    /// <summary>Waits for a text that only a live update brings: the page must not be loaded again.</summary>
    public async Task MarkAsync() => await Page.EvaluateAsync("window.labTestMark = true");

    public Task<bool> IsMarkedAsync() => Page.EvaluateAsync<bool>("window.labTestMark === true");

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
