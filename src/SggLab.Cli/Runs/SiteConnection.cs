using System.CommandLine;
using SggLab.Cli.Site;
using SggLab.Client;
using SggLab.Contracts;

namespace SggLab.Cli.Runs;

/// <summary>
/// The options by which a command finds the site. Address: --server, SGGLAB_SERVER, else site.json in the home folder, which `up` writes.
/// Token: --token-file, SGGLAB_TOKEN, else the administrator's token in the home folder.
/// </summary>
internal sealed class SiteConnection
{
    private readonly Option<string?> _server = new("--server") { Description = "Root of the site; by default the one that `./sgglab up` started." };
    private readonly Option<string?> _tokenFile = new("--token-file") { Description = "File with an API token; by default SGGLAB_TOKEN, then the administrator's." };
    private readonly Option<string?> _home = new("--home") { Description = "State folder of the site; by default SGGLAB_HOME, then .sgglab in the repository." };

    public void AddTo(Command command)
    {
        command.Options.Add(_server);
        command.Options.Add(_tokenFile);
        command.Options.Add(_home);
    }

    /// <exception cref="LabException">No site is named, or no token is found.</exception>
    public LabClient Connect(ParseResult parsed)
    {
        var home = LabHome.Find(parsed.GetValue(_home));
        var url = SiteAddress.Find(parsed.GetValue(_server), home)
            ?? throw new LabException($"No site has been started from {home.Folder}. Start it with `./sgglab up`, or name one with --server URL.", 3);
        var token = TokenOf(parsed.GetValue(_tokenFile), home);
        return new LabClient(url, token.Value) { Tries = 3, TokenFrom = token.From, TokenRemedy = token.Remedy };
    }

    private static SiteToken TokenOf(string? file, LabHome home)
    {
        if (string.IsNullOrWhiteSpace(file) && SiteToken.OfVariable() is { } given)
            return given;
        var path = string.IsNullOrWhiteSpace(file) ? home.AdminTokenFile : file;
        try
        {
            return SiteToken.OfFile(path, home);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The token file {path} cannot be read: {e.Message} Give a token with --token-file or SGGLAB_TOKEN.", inner: e);
        }
    }
}
