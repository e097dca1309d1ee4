using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using SggLab.Contracts;

namespace SggLab.Web;

/// <summary>
/// Reverse proxies that are believed when they say for whom they ask, by which scheme and under which name: redirects then lead back through them, the cookie
/// is secure where the visitor's connection is, and tries to sign in are counted by the visitor's address. Nobody else is believed.
/// </summary>
public static class Proxies
{
    public const string Setting = "SGGLAB_PROXIES";

    /// <param name="text">Addresses and networks, separated by commas: 127.0.0.1, 10.0.0.0/8.</param>
    /// <exception cref="LabException">One of them is neither.</exception>
    public static IReadOnlyList<System.Net.IPNetwork> Parse(string? text) =>
        [.. (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(One)];

    /// <summary>First of all, before anything looks at the request.</summary>
    public static void UseProxies(this WebApplication app, IReadOnlyList<System.Net.IPNetwork> proxies)
    {
        if (proxies.Count == 0)
            return;
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            // As many as there are in a row, each of them known.
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
            options.KnownIPNetworks.Add(proxy);
        app.UseForwardedHeaders(options);
    }

    private static System.Net.IPNetwork One(string text) =>
        IPAddress.TryParse(text, out var address) ? new(address, address.GetAddressBytes().Length * 8)
        : System.Net.IPNetwork.TryParse(text, out var network) ? network
        : throw new LabException($"{Setting} names '{text}', which is neither an address nor a network. Give such as 127.0.0.1 or 10.0.0.0/8, separated by commas.");
}
