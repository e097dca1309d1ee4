namespace SggLab.Cli.Site;

/// <summary>site.json: what the last `up` of this home started. The address stays after `down`, so that the next `up` takes the same port.</summary>
/// <param name="State">starting, ready or stopped.</param>
public sealed record SiteFile(string Url, string State, PostgresInfo? Postgres)
{
    public static SiteFile? Read(LabHome home) => JsonFile.Read<SiteFile>(home.SiteFile);

    public void Write(LabHome home) => JsonFile.Write(home.SiteFile, this);
}

/// <param name="Kind">connection, docker or local.</param>
public sealed record PostgresInfo(string Kind, string Version);
