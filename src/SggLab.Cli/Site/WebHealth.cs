using SggLab.Contracts;

namespace SggLab.Cli.Site;

/// <summary>Waits for GET /health to say 200.</summary>
public static class WebHealth
{
    public static async Task WaitAsync(string url, SupervisedProcess web, Action<string> say, CancellationToken stop)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(3) };
        var began = Environment.TickCount64;
        say($"starting the web site at {url} …");
        for (var told = 0L; !await AnswersAsync(http, url, stop); await Task.Delay(200, stop))
        {
            if (web.Identity is not { IsAlive: true })
                throw new LabException($"The web site ended {web.ExitText()} before it answered:\n{LastLines(web.Log)}\nIts log is {web.Log}", 3);
            var waited = (Environment.TickCount64 - began) / 1000;
            if (waited > 180)
                throw new LabException($"The web site at {url} did not answer within three minutes; its log is {web.Log}", 3);
            if (waited - told >= 5)
                say($"waiting for the web site ({told = waited} s) …");
        }
    }

    public static async Task<bool> AnswersAsync(HttpClient http, string url, CancellationToken stop)
    {
        try
        {
            using var reply = await http.GetAsync(new Uri(url + "/health"), stop);
            return reply.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested) { return false; }
    }

    private static string LastLines(string log) =>
        File.Exists(log) ? string.Join("\n", File.ReadLines(log).Where(l => l.Trim().Length > 0 && !l.TrimStart().StartsWith("at ", StringComparison.Ordinal)).TakeLast(4)) : "";
}
