namespace SggLab.Web;

/// <summary>The log says what went wrong and when the site started, not every request.</summary>
internal static class SiteLog
{
    public static void AddSiteLog(this ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        logging.SetMinimumLevel(LogLevel.Information);
        foreach (var chatty in (ReadOnlySpan<string>)["Microsoft", "System", "Wolverine", "Marten", "JasperFx", "Weasel", "Npgsql"])
            logging.AddFilter(chatty, LogLevel.Warning);
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        // Why it cannot start is said by Program, in a sentence.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
    }
}
