using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Site;

/// <summary>What the site says of itself, and which processes run; Site is null while it does not answer.</summary>
public sealed record SiteReading(string Url, SiteStatus? Site, IReadOnlyList<SiteProcess> Processes, string? Problem)
{
    /// <exception cref="LabException">SGGLAB_SERVER is no web address.</exception>
    public static async Task<SiteReading> ReadAsync(LabHome home, CancellationToken cancel)
    {
        var server = SiteAddress.Find(null, home) ?? new Uri($"http://127.0.0.1:{WebPort.Default}");
        // As `up` prints it.
        var url = server.AbsoluteUri.TrimEnd('/');
        var processes = ProcessFiles.Running(home);
        try
        {
            if (SiteAddress.Token(home) is not { } token)
                return new(url, null, processes, processes.Count == 0 ? "not started; ./sgglab up starts it" : "starting");
            using var client = new LabClient(server, token.Value) { Tries = 1, CallTimeout = TimeSpan.FromSeconds(10), TokenFrom = token.From, TokenRemedy = token.Remedy };
            return new(url, await client.StatusAsync(cancel), processes, null);
        }
        catch (Exception e) when (e is LabException or IOException or UnauthorizedAccessException)
        {
            return new(url, null, processes, processes.Count == 0 && e is not LabApiException { IsUnauthorized: true } ? "not running; ./sgglab up starts it" : e.Message);
        }
    }
}
