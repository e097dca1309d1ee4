using SggLab.Contracts;

namespace SggLab.Cli.Site;

/// <summary>Waits until GET /health says 200 and names the process that was started here.</summary>
public static class WebHealth
{
    /// <returns>False when the port went to somebody else, who answers there or keeps our process from listening.</returns>
    public static async Task<bool> WaitAsync(string url, string instance, SupervisedProcess web, Action<string> say, CancellationToken stop)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(3) };
        var began = Environment.TickCount64;
        var logFrom = web.LogFrom;
        say($"starting the web site at {url} …");
        for (var told = 0L; ; await Task.Delay(200, stop))
        {
            var answer = await AskAsync(http, url, instance, stop);
            if (answer == Answer.Ready)
                return true;
            if (answer == Answer.Foreign)
                return false;
            if (web.Identity is not { IsAlive: true })
                return Log(web.Log, logFrom).Contains("address already in use", StringComparison.Ordinal) ? false
                    : throw new LabException($"The web site ended {web.ExitText()} before it answered:\n{LastLines(Log(web.Log, logFrom))}\nIts log is {web.Log}", 3);
            var waited = (Environment.TickCount64 - began) / 1000;
            if (waited > 180)
                throw new LabException($"The web site at {url} did not answer within three minutes; its log is {web.Log}", 3);
            if (waited - told >= 5)
                say($"waiting for the web site ({told = waited} s) …");
        }
    }

    private enum Answer { None, Ready, Foreign }

    private static async Task<Answer> AskAsync(HttpClient http, string url, string instance, CancellationToken stop)
    {
        try
        {
            using var reply = await http.GetAsync(new Uri(url + "/health"), stop);
            var ours = reply.Headers.TryGetValues("Sgglab-Instance", out var names) && names.Contains(instance);
            return !ours ? Answer.Foreign : reply.IsSuccessStatusCode ? Answer.Ready : Answer.None;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested) { return Answer.None; }
    }

    private static string Log(string path, long from)
    {
        if (!File.Exists(path))
            return "";
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = Math.Min(from, file.Length);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private static string LastLines(string log) =>
        string.Join("\n", log.Split('\n').Where(l => l.Trim().Length > 0 && !l.TrimStart().StartsWith("at ", StringComparison.Ordinal)).TakeLast(4));
}
