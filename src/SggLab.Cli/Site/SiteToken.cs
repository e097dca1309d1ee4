namespace SggLab.Cli.Site;

/// <summary>An API token, where it was read from and how another is made: what a message says of one that the site refuses.</summary>
internal sealed record SiteToken(string Value, string From, string Remedy)
{
    private const string Variable = "SGGLAB_TOKEN";

    /// <summary>null where the variable is not set.</summary>
    public static SiteToken? OfVariable() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } token
        ? new(token.Trim(), $"the variable {Variable}", $"Unset it to use the administrator's token of a site started here, or give another: {Made("set it in " + Variable)}") : null;

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SiteToken OfFile(string path, LabHome home) => new(File.ReadAllText(path).Trim(), $"the file {path}", path == home.AdminTokenFile
        ? $"If the site was started from {home.Folder}, `./sgglab up` (or `./sgglab db migrate --first-admin`) writes a new one there. For another site give its token with --token-file or {Variable}: {Made("keep it in a file")}"
        : Made("keep it in the file"));

    private static string Made(string where) => $"an administrator of the site makes one with `./sgglab token create --role ROLE`; {where}.";
}
