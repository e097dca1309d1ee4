using System.Globalization;

namespace SggLab.Web.Leaderboards;

/// <summary>A moment of the past between the address, which holds its offset, and the browser's field, which has none.</summary>
public static class BoardMoment
{
    public static string? ForField(string? asOf) =>
        DateTimeOffset.TryParse(asOf, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && !long.TryParse(asOf, CultureInfo.InvariantCulture, out _)
            ? time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) : null;

    /// <returns>Null for what is no time.</returns>
    public static string? ForAddress(string? field) =>
        DateTime.TryParse(field, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture) : null;
}
