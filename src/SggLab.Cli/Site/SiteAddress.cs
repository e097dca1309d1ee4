using SggLab.Contracts;

namespace SggLab.Cli.Site;

/// <summary>Where every command finds the site, and with which token it speaks.</summary>
internal static class SiteAddress
{
    /// <summary>The first of: the address given, SGGLAB_SERVER, what `up` wrote into the home. Null when there is none.</summary>
    /// <exception cref="LabException">What was given is no web address.</exception>
    public static Uri? Find(string? given, LabHome home)
    {
        if (!string.IsNullOrWhiteSpace(given))
            return Parse(given, "--server");
        return Environment.GetEnvironmentVariable("SGGLAB_SERVER") is { Length: > 0 } named ? Parse(named, "SGGLAB_SERVER")
            : Uri.TryCreate(SiteFile.Read(home)?.Url, UriKind.Absolute, out var written) ? written : null;
    }

    /// <summary>SGGLAB_TOKEN, else the administrator's token in the home; null when there is neither.</summary>
    public static SiteToken? Token(LabHome home) => SiteToken.OfVariable() ?? (File.Exists(home.AdminTokenFile) ? SiteToken.OfFile(home.AdminTokenFile, home) : null);

    private static Uri Parse(string text, string from) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
        : throw new LabException($"{from} {text} is not a web address. Give one such as http://127.0.0.1:{WebPort.Default}.");
}
