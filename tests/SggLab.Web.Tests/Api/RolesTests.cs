using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SggLab.Contracts;
using SggLab.Tracking;
using SggLab.Web.Api;

namespace SggLab.Web.Tests.Api;

/// <summary>Every route of the API with no, a wrong, an expired, a revoked and a too weak token.</summary>
public sealed class RolesTests(SiteProcess site) : IClassFixture<SiteProcess>
{
    private const string Readers = "viewer member admin", Writers = "member admin", Workers = "worker admin", Administrators = "admin", Uploaders = "worker member admin", Everyone = "worker viewer member admin";

    private static readonly Dictionary<string, string> Routes = new()
    {
        ["GET /experiments"] = Readers, ["GET /experiments/{id}"] = Readers, ["POST /experiments"] = Writers,
        ["GET /runs"] = Readers, ["GET /runs/{id}"] = Readers, ["GET /runs/{id}/events"] = Readers, ["GET /runs/{id}/curves"] = Readers,
        ["POST /runs/{id}/cancel"] = Writers, ["POST /runs/{id}/retry"] = Writers,
        ["POST /runs/{id}/attempts/{attempt:int}/records"] = Workers, ["POST /runs/{id}/attempts/{attempt:int}/renew"] = Workers,
        ["GET /queue"] = Readers, ["GET /status"] = Readers, ["POST /workers/{id}/lease"] = Workers, ["GET /workers"] = Readers, ["POST /workers"] = Workers, ["DELETE /workers/{id}"] = Workers,
        ["PUT /blobs/{sha256}"] = Uploaders, ["HEAD /blobs/{sha256}"] = Everyone, ["GET /blobs/{sha256}"] = Everyone,
        ["GET /checkpoints/{id}"] = Readers, ["GET /checkpoints/{id}/lineage"] = Readers, ["GET /leaderboard"] = Readers, ["GET /leaderboard/boards"] = Readers,
        ["GET /comparison"] = Readers, ["GET /activity"] = Readers, ["GET /tokens"] = Administrators, ["POST /tokens"] = Administrators, ["DELETE /tokens/{id}"] = Administrators,
        ["POST /members"] = Administrators, ["POST /members/{name}/password"] = Administrators,
    };

    [Fact]
    public void Every_route_is_listed_here_and_names_its_roles()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.AddSggLabTracking("Host=nowhere.invalid;Database=none;Username=nobody", site.Home);
        var app = builder.Build();
        app.MapLabApi();

        var mapped = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Where(route => route.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal))
            .SelectMany(route => route.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(method => $"{method} {route.RoutePattern.RawText!["/api/v1".Length..]}"));

        mapped.ShouldBe(Routes.Keys, ignoreOrder: true);
    }

    [Fact]
    public async Task Each_route_answers_to_its_roles_and_to_nobody_else()
    {
        var tokens = new Dictionary<string, string>();
        foreach (var role in Everyone.Split(' '))
            tokens[role] = await IssueAsync(role, null);
        var expired = await IssueAsync("admin", DateTimeOffset.UnixEpoch);
        var wrong = new List<string>();
        foreach (var (route, roles) in Routes)
        {
            foreach (var (name, token) in new (string, string?)[] { ("no", null), ("a wrong", "sgg_0123456789012345678901234567890123456789012"), ("an expired", expired) })
                if (await AskAsync(route, token) is not HttpStatusCode.Unauthorized and var status)
                    wrong.Add($"{route} with {name} token: {status}");
            foreach (var (role, token) in tokens)
            {
                var status = await AskAsync(route, token);
                if (roles.Split(' ').Contains(role) == status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized)
                    wrong.Add($"{route} as {role}: {status}");
                if ((int)status >= 500)
                    wrong.Add($"{route} as {role}: {status}");
            }
        }

        wrong.ShouldBeEmpty(site.LogText());
    }

    [Fact]
    public async Task A_revoked_token_stops_working_at_once()
    {
        using var admin = site.ClientOf("admin-token");
        using var made = await admin.PostAsync(new Uri("tokens", UriKind.Relative), System.Net.Http.Json.JsonContent.Create(new Contracts.Api.CreateToken("short", "viewer", null), options: LabJson.Options), TestContext.Current.CancellationToken);
        var token = await WorkerSide.ReadAsync<Contracts.Api.CreatedToken>(made);
        (await AskAsync("GET /runs", token.Token)).ShouldBe(HttpStatusCode.OK);

        using var revoked = await admin.DeleteAsync(new Uri($"tokens/{token.Id}", UriKind.Relative), TestContext.Current.CancellationToken);

        revoked.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await AskAsync("GET /runs", token.Token)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Tokens_are_listed_with_who_made_them_and_never_with_their_secret()
    {
        using var admin = site.ClientOf("admin-token");
        var until = DateTimeOffset.UtcNow.AddDays(3);
        var secret = await IssueAsync("member", until);

        var text = await admin.GetStringAsync(new Uri("tokens", UriKind.Relative), TestContext.Current.CancellationToken);

        text.ShouldNotContain(secret);
        var listed = System.Text.Json.JsonSerializer.Deserialize<Contracts.Api.TokenSummary[]>(text, LabJson.Options)!;
        var own = listed.Single(token => token.Name == "member" && token.ExpiresAt is not null);
        (own.Role, own.State, own.MadeBy).ShouldBe(("member", "valid", "admin"));
        own.ExpiresAt!.Value.ShouldBe(until, TimeSpan.FromMilliseconds(1));
        own.MadeAt.ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));
        listed.ShouldContain(token => token.Name == "worker" && token.MadeBy == "system", "the one that the first start made");
    }

    private async Task<string> IssueAsync(string role, DateTimeOffset? expires)
    {
        using var admin = site.ClientOf("admin-token");
        using var made = await admin.PostAsync(new Uri("tokens", UriKind.Relative), System.Net.Http.Json.JsonContent.Create(new Contracts.Api.CreateToken(role, role, expires), options: LabJson.Options), TestContext.Current.CancellationToken);
        return (await WorkerSide.ReadAsync<Contracts.Api.CreatedToken>(made)).Token;
    }

    private async Task<HttpStatusCode> AskAsync(string route, string? token)
    {
        var (method, path) = route.Split(' ') is [var m, var p] ? (m, p) : throw new InvalidOperationException(route);
        using var http = site.Client(token);
        using var request = new HttpRequestMessage(new HttpMethod(method), path.TrimStart('/').Replace("{id}", "nothing", StringComparison.Ordinal)
            .Replace("{attempt:int}", "1", StringComparison.Ordinal).Replace("{sha256}", new string('0', 64), StringComparison.Ordinal));
        if (method is "POST" or "PUT")
            request.Content = new ByteArrayContent([]);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
