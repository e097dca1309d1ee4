using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SggLab.Contracts;

namespace SggLab.Web.Tests;

public sealed class ProxiesTests
{
    [Theory]
    [InlineData("127.0.0.1", "https 203.0.113.7 lab.example.org")]
    [InlineData("10.0.0.0/8, 127.0.0.0/8", "https 203.0.113.7 lab.example.org")]
    [InlineData("10.0.0.1", "http 127.0.0.1 127.0.0.1")]
    [InlineData("", "http 127.0.0.1 127.0.0.1")]
    public async Task Only_a_configured_proxy_is_believed(string proxies, string seen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseProxies(Proxies.Parse(proxies));
        app.MapGet("/", (HttpContext context) => $"{context.Request.Scheme} {context.Connection.RemoteIpAddress} {context.Request.Host.Host}");
        await app.StartAsync(TestContext.Current.CancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address));
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "lab.example.org");

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);

        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(seen);
    }

    [Fact]
    public void What_is_no_address_is_named() =>
        Should.Throw<LabException>(() => Proxies.Parse("127.0.0.1, proxy.local")).Message.ShouldContain("'proxy.local'");
}
