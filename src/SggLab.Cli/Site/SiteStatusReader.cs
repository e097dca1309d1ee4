using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Site;

/// <summary>What the site says of itself, and which processes run; Site is null while it does not answer.</summary>
public sealed record SiteReading(string Url, SiteStatus? Site, IReadOnlyList<SiteProcess> Processes, string? Problem)
{
    public static async Task<SiteReading> ReadAsync(LabHome home, CancellationToken cancel)
    {
        var server = SiteFile.Server(home);
        var processes = ProcessFiles.Running(home);
        try
        {
            if (!File.Exists(home.AdminTokenFile))
                return new(server.AbsoluteUri, null, processes, processes.Count == 0 ? "not started; ./sgglab up starts it" : "starting");
            using var client = new LabClient(server, (await File.ReadAllTextAsync(home.AdminTokenFile, cancel)).Trim()) { Tries = 1, CallTimeout = TimeSpan.FromSeconds(10) };
            return new(server.AbsoluteUri, await client.StatusAsync(cancel), processes, null);
        }
        catch (Exception e) when (e is LabException or IOException or UnauthorizedAccessException)
        {
            return new(server.AbsoluteUri, null, processes, processes.Count == 0 ? "not running; ./sgglab up starts it" : e.Message);
        }
    }
}
