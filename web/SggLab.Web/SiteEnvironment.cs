using System.Globalization;
using SggLab.Contracts;
using SggLab.Tracking;

namespace SggLab.Web;

/// <summary>What the process is told by its environment.</summary>
internal sealed record SiteEnvironment(string Postgres, string Home, IReadOnlyList<System.Net.IPNetwork> Proxies, LabSettings Settings)
{
    /// <exception cref="LabException">A variable is missing or cannot be read.</exception>
    public static SiteEnvironment Read()
    {
        var defaults = new LabSettings();
        return new SiteEnvironment(
            Required("SGGLAB_POSTGRES", "the connection string of its PostgreSQL, such as Host=127.0.0.1;Username=sgglab;Database=sgglab"),
            Path.GetFullPath(Required("SGGLAB_HOME", "the folder that holds its files")),
            Web.Proxies.Parse(Environment.GetEnvironmentVariable(Web.Proxies.Setting)),
            defaults with
            {
                LeaseTtl = Seconds("SGGLAB_LEASE_TTL_SECONDS") ?? defaults.LeaseTtl,
                LeaseGrace = Seconds("SGGLAB_LEASE_GRACE_SECONDS") ?? defaults.LeaseGrace,
            });
    }

    private static string Required(string name, string meaning) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new LabException($"The web process wants {name}: {meaning}. `./sgglab up` sets it.");

    private static TimeSpan? Seconds(string name)
    {
        if (Environment.GetEnvironmentVariable(name) is not { Length: > 0 } text)
            return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e8
            ? TimeSpan.FromSeconds(seconds)
            : throw new LabException($"{name} is '{text}'; give a number of seconds above 0.");
    }
}
