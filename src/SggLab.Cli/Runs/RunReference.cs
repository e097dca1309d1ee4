using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Runs;

/// <summary>A run as people name it: by its id, the beginning of its id, or its name, as long as only one run is meant.</summary>
internal static class RunReference
{
    private const int MostListed = 10;

    /// <returns>The run's id; what was given where no run is found, so that the site says so.</returns>
    /// <exception cref="LabException">Several runs are meant; the message lists them.</exception>
    public static async Task<string> FindAsync(LabClient client, string given, CancellationToken stop)
    {
        var meant = Of(given, await client.RunsAsync(search: given, stop: stop));
        return meant.Count switch
        {
            0 => given,
            1 => meant[0].Id,
            _ => throw new LabException($"'{given}' may be any of {meant.Count} runs; give one's id:{string.Concat(meant.Take(MostListed).Select(run => $"\n  {run.Id}  {run.Name}  {run.State}  ({run.Experiment})"))}" +
                (meant.Count > MostListed ? $"\nand {meant.Count - MostListed} more: `./sgglab run list`." : "")),
        };
    }

    internal static IReadOnlyList<RunSummary> Of(string given, IReadOnlyList<RunSummary> runs) => runs.FirstOrDefault(run => run.Id == given) is { } exact ? [exact]
        : given.Length == 0 ? [] : [.. runs.Where(run => run.Name == given || run.Id.StartsWith(given, StringComparison.OrdinalIgnoreCase))];
}
