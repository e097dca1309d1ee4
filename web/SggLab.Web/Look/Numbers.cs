using System.Globalization;

namespace SggLab.Web.Look;

/// <summary>How numbers read on every page: fractions as percent with one decimal, a true minus sign, an en dash for what was not measured.</summary>
public static class Numbers
{
    public const string Missing = "–";

    public static string Percent(double? fraction) => fraction is { } value && double.IsFinite(value) ? Points(value) + "%" : Missing;

    /// <summary>A confidence interval of a fraction, such as 40.1–46.3%.</summary>
    public static string Interval(double low, double high) =>
        double.IsFinite(low) && double.IsFinite(high) ? $"{Points(low)}–{Points(high)}%" : Missing;

    /// <summary>A difference of two fractions in percentage points, always with its sign.</summary>
    public static string Signed(double difference) =>
        !double.IsFinite(difference) ? Missing : (Math.Round(difference * 100, 1) > 0 ? "+" : "") + Points(difference);

    public static string SignedInterval(double low, double high) => $"{Signed(low)} to {Signed(high)}";

    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');

    /// <summary>Four significant digits: what a curve's reading needs.</summary>
    public static string Reading(double? value) => value switch
    {
        null => Missing,
        { } v when double.IsNaN(v) => "NaN",
        { } v when double.IsInfinity(v) => v > 0 ? "∞" : "−∞",
        0 => "0",
        { } v when Math.Abs(v) is < 0.001 or >= 1e6 => v.ToString("0.##e+0", CultureInfo.InvariantCulture).Replace('-', '−'),
        { } v => Minus(v.ToString(Digits(Math.Abs(v)), CultureInfo.InvariantCulture)),
    };

    public static string Bytes(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        double value = bytes;
        var unit = 0;
        for (; value >= 1000 && unit < units.Length - 1; unit++)
            value /= 1000;
        return value.ToString(unit == 0 || value >= 100 ? "0" : "0.0", CultureInfo.InvariantCulture) + "\u00a0" + units[unit];
    }

    public static string Duration(TimeSpan span) => span switch
    {
        { TotalSeconds: < 0 } => "0 s",
        { TotalSeconds: < 60 } => $"{(int)span.TotalSeconds} s",
        { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes} min {span.Seconds:00} s",
        { TotalHours: < 48 } => $"{(int)span.TotalHours} h {span.Minutes:00} min",
        _ => $"{(int)span.TotalDays} d {span.Hours} h",
    };

    /// <summary>Relative, in words that do not need to tick: "just now" covers the last ten seconds.</summary>
    public static string Ago(DateTimeOffset at, DateTimeOffset now) => (now - at) switch
    {
        { TotalSeconds: < -60 } ahead => "in " + Coarse(ahead.Negate()),
        { TotalSeconds: < 10 } => "just now",
        var ago => Coarse(ago) + " ago",
    };

    public static string Exact(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>Time of day in UTC, for long lists whose days are in their titles.</summary>
    public static string Clock(DateTimeOffset at) => at.ToUniversalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A program's version with its commit cut to ten digits: 1.2.3+0123456789.</summary>
    public static string Version(string version) =>
        version.IndexOf('+', StringComparison.Ordinal) is var at and >= 0 && version.Length > at + 11 ? version[..(at + 11)] : version;

    private static string Coarse(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => $"{(int)span.TotalSeconds} s",
        { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes} min",
        { TotalHours: < 24 } => $"{(int)span.TotalHours} h",
        { TotalDays: < 60 } => $"{(int)span.TotalDays} d",
        _ => $"{(int)(span.TotalDays / 30)} months",
    };

    private static string Points(double fraction)
    {
        var points = Math.Round(fraction * 100, 1, MidpointRounding.AwayFromZero);
        return Minus((points == 0 ? 0 : points).ToString("0.0", CultureInfo.InvariantCulture));
    }

    private static string Digits(double size) => size switch { >= 1000 => "0", >= 100 => "0.#", >= 10 => "0.##", >= 1 => "0.###", >= 0.1 => "0.####", _ => "0.#####" };

    private static string Minus(string number) => number.Replace('-', '−');
}
