using System.Globalization;
using System.Text;

namespace SggLab.Web;

/// <summary>Every address of the site. Whatever a person can choose on a page is a part of its address, and only here is one written.</summary>
public static class LabUrls
{
    public const string Home = "/", Runs = "/runs", Experiments = "/experiments", Compare = "/compare", Leaderboard = "/leaderboard",
        Queue = "/queue", SignIn = "/sign-in", SignOut = "/sign-out";

    /// <summary>The home page with the form that queues an experiment open: demo, yaml, fields or scripted (fields for runs without a model).</summary>
    public static string NewExperiment(string by = "fields") => With(Home, ("new", by)) + "#new-experiment";

    /// <summary>The form with a preset's YAML in it.</summary>
    public static string Preset(string name) => With(Home, ("new", "yaml"), ("preset", name)) + "#new-experiment";

    public static string Experiment(string id) => $"/experiments/{Escape(id)}";

    public static string RunList(string? search = null, string? state = null, string? method = null, string? variant = null, string? experiment = null, string? sort = null,
        string? pick = null) =>
        With(Runs, ("q", search), ("state", state), ("method", method), ("variant", variant), ("experiment", experiment), ("sort", sort), ("pick", pick));

    public static string Run(string id, string? tab = null, int? smooth = null, long? @event = null, string? type = null, int? step = null) =>
        With($"/runs/{Escape(id)}", ("tab", tab), ("step", Number(step)), ("smooth", Number(smooth)), ("event", Number(@event)), ("type", type));

    public static string CompareRuns(IEnumerable<string> runs, string? metric = null, int? smooth = null, string? diff = null) =>
        With(Compare, [.. runs.Select(run => ("run", (string?)run)), ("metric", metric), ("smooth", Number(smooth)), ("diff", diff)]);

    public static string Board(string? dataset = null, string? split = null, string? protocol = null, string? asOf = null, string? sort = null, string? experiment = null) =>
        With(Leaderboard, ("dataset", dataset), ("split", split), ("protocol", protocol), ("experiment", experiment), ("asOf", asOf), ("sort", sort));

    public static string Checkpoint(string id) => $"/checkpoints/{Escape(id)}";

    public static string SignInAndReturn(string? returnTo) => With(SignIn, ("returnUrl", returnTo is null or "/" ? null : returnTo));

    /// <summary>An address of this site, or the home page: a link from elsewhere cannot send a person away after signing in.</summary>
    public static string LocalOrHome(string? address) =>
        address is ['/', ..] and not ['/', '/' or '\\', ..] && !address.Any(char.IsControl) ? address : Home;

    private static string With(string path, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        var address = new StringBuilder(path);
        foreach (var (name, value) in query)
        {
            if (!string.IsNullOrEmpty(value))
                address.Append(address.Length == path.Length ? '?' : '&').Append(name).Append('=').Append(Escape(value));
        }
        return address.ToString();
    }

    private static string Escape(string value) => Uri.EscapeDataString(value);
    private static string? Number(long? value) => value?.ToString(CultureInfo.InvariantCulture);
}
