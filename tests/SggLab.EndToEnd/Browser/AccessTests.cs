using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace SggLab.EndToEnd.Browser;

/// <summary>What the site says to those who are not signed in, without a browser.</summary>
[Collection(BrowserCollection.Name)]
public sealed partial class AccessTests(LabSite site)
{
    private HttpClient Open(CookieContainer? cookies = null) =>
        new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = cookies ?? new CookieContainer() }) { BaseAddress = site.Address };

    [Theory]
    [InlineData("/")]
    [InlineData("/runs?state=failed")]
    [InlineData("/leaderboard")]
    [InlineData("/checkpoints/0123456789abcdef")]
    [InlineData("/no/such/page")]
    public async Task A_page_asks_for_a_sign_in_and_remembers_where_one_was_going(string path)
    {
        using var http = Open();
        using var answer = await http.GetAsync(path, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.Found);
        answer.Headers.Location!.PathAndQuery.ShouldBe("/sign-in?returnUrl=" + Uri.EscapeDataString(path));
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/health")]
    [InlineData("/site.css")]
    [InlineData("/js/theme.js")]
    public async Task Only_the_sign_in_page_with_its_styles_and_the_health_are_open(string path)
    {
        using var http = Open();
        using var answer = await http.GetAsync(path, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("script-src 'self';");
    }

    [Fact]
    public async Task The_circuit_is_closed_to_those_who_are_not_signed_in()
    {
        using var http = Open();
        using var answer = await http.PostAsync("/_blazor/negotiate?negotiateVersion=1", null, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBeOneOf(HttpStatusCode.Found, HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("/runs", "/runs")]
    [InlineData("https://elsewhere.example/", "/")]
    [InlineData("//elsewhere.example", "/")]
    public async Task Signing_in_sets_a_careful_cookie_and_stays_on_the_site(string returnUrl, string leadsTo)
    {
        using var http = Open();
        using var answer = await PostAsync(http, "/sign-in?returnUrl=" + Uri.EscapeDataString(returnUrl), site.Password);
        answer.StatusCode.ShouldBe(HttpStatusCode.Found);
        new Uri(site.Address, answer.Headers.Location!).PathAndQuery.ShouldBe(leadsTo);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith("sgglab=", StringComparison.Ordinal)).ToLowerInvariant();
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
    }

    [Fact]
    public async Task A_form_without_its_token_is_refused()
    {
        using var http = Open();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["_handler"] = "sign-in", ["Entry.Name"] = "admin", ["Entry.Password"] = site.Password });
        using var answer = await http.PostAsync("/sign-in", form, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Guessing_passwords_is_slowed_down()
    {
        // From an address of its own, so that the other tests of this machine may go on signing in.
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.99"), 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        }) { BaseAddress = site.Address };
        HttpResponseMessage answer;
        var tries = 0;
        do
        {
            answer = await PostAsync(http, "/sign-in", $"guess {tries}");
        }
        while (answer.StatusCode == HttpStatusCode.Unauthorized && ++tries < 60);
        answer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        answer.Headers.RetryAfter.ShouldNotBeNull();
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("Wait");
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string password)
    {
        var page = await http.GetStringAsync(path, TestContext.Current.CancellationToken);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "sign-in",
            ["__RequestVerificationToken"] = Token().Match(page).Groups[1].Value,
            ["Entry.Name"] = "admin",
            ["Entry.Password"] = password,
        });
        return await http.PostAsync(path, form, TestContext.Current.CancellationToken);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
