using SggLab.Contracts;

namespace SggLab.Cli.Site;

public sealed record UpOptions
{
    public required LabHome Home { get; init; }
    /// <summary>Port asked for; null = last time's, or 5080.</summary>
    public int? Port { get; init; }
    public int Workers { get; init; } = 2;
    public bool Demo { get; init; } = true;
    /// <summary>A server to use instead of a private one.</summary>
    public string? Postgres { get; init; }

    public void Check()
    {
        if (Workers is < 0 or > 64)
            throw new LabException($"--workers {Workers} is out of range; give 0 to 64.");
    }
}
