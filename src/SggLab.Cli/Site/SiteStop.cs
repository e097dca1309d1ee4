using SggLab.Postgres;

namespace SggLab.Cli.Site;

/// <summary>Stops web and workers of a home, whoever started them: by their process files, then by what the kernel still knows.</summary>
public static class SiteStop
{
    /// <summary>Workers first: they save a checkpoint and send their last records, for which the web site must answer.</summary>
    /// <param name="hurry">Cuts the waits short.</param>
    /// <returns>Names of what was running.</returns>
    public static async Task<IReadOnlyList<string>> StopLeftoversAsync(LabHome home, Action<string> say, CancellationToken hurry)
    {
        var running = ProcessFiles.Running(home).Where(p => p.Role is "web" or "worker").ToList();
        await StopAsync([.. running.Where(p => p.Role == "worker")], TimeSpan.FromSeconds(45), say, hurry);
        await StopAsync([.. running.Where(p => p.Role == "web")], TimeSpan.FromSeconds(15), say, hurry);
        foreach (var stray in Strays.Find(home))
            await stray.StopAsync((ProcessSignal.Terminate, TimeSpan.FromSeconds(5)), (ProcessSignal.Kill, TimeSpan.FromSeconds(2)));
        foreach (var process in running)
            ProcessFiles.Remove(home, process.Name);
        return [.. running.Select(p => p.Name)];
    }

    private static async Task StopAsync(IReadOnlyList<SiteProcess> processes, TimeSpan wait, Action<string> say, CancellationToken hurry)
    {
        foreach (var process in processes)
            process.Identity.Send(ProcessSignal.Terminate);
        var began = Environment.TickCount64;
        for (var told = 0L; processes.Any(p => p.Identity.IsAlive) && !hurry.IsCancellationRequested; await Task.Delay(50, CancellationToken.None))
        {
            var waited = (Environment.TickCount64 - began) / 1000;
            if (waited >= wait.TotalSeconds)
                break;
            if (waited - told >= 5)
                say($"waiting for {string.Join(", ", processes.Where(p => p.Identity.IsAlive).Select(p => p.Name))} to finish its work ({told = waited} s) …");
        }
        foreach (var process in processes)
            process.Identity.Send(ProcessSignal.Kill);
        foreach (var process in processes)
            await process.Identity.EndsWithinAsync(TimeSpan.FromSeconds(5));
    }
}
