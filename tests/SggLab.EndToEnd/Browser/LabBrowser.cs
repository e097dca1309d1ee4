using Microsoft.Playwright;

namespace SggLab.EndToEnd.Browser;

/// <summary>One chromium for the tests of this assembly; each test has a profile of its own.</summary>
public sealed class LabBrowser : IAsyncLifetime
{
    private static readonly string[] s_programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];
    /// <summary>Milliseconds that a page may take to show what is expected, on a busy machine.</summary>
    private const float Patience = 90_000;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout(Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Find(),
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
        });
    }

    public async Task<LabPage> OpenAsync(LabSite site, int width, string theme = "light")
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = site.Address.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = width > 1000 ? 900 : 844 },
            ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce, // colours are at their end at once
            TimezoneId = "Europe/Berlin",
            Locale = "en-GB",
        });
        context.SetDefaultTimeout(Patience);
        return new LabPage(site, context, await context.NewPageAsync(), width);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string Find() => Environment.GetEnvironmentVariable("SGGLAB_CHROMIUM") ?? s_programs.FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"No browser: none of {string.Join(", ", s_programs)} is here. Install Debian's with `apt-get install chromium`, or name one in SGGLAB_CHROMIUM.");
}
