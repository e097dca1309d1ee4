using System.Net.Http.Headers;
using System.Net.Http.Json;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;

namespace SggLab.EndToEnd.Browser;

/// <summary>An experiment for the pages to show: three variants by two seeds, one that grew from another's checkpoint, one that failed, one that waits. Made once.</summary>
internal static class SampleLab
{
    private static readonly SemaphoreSlim s_once = new(1, 1);
    private static (string Experiment, IReadOnlyList<string> Runs)? s_made;

    public static string RepositoryRoot { get; } = FindRoot();

    /// <returns>The experiment, and its runs: the first three are one of each variant, with the same seed; the first has children.</returns>
    public static async Task<(string Experiment, IReadOnlyList<string> Runs)> EnsureAsync(LabSite site)
    {
        await s_once.WaitAsync();
        try
        {
            return s_made ??= await MakeAsync(site);
        }
        finally
        {
            s_once.Release();
        }
    }

    private static async Task<(string, IReadOnlyList<string>)> MakeAsync(LabSite site)
    {
        using var http = new HttpClient { BaseAddress = site.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", site.AdminToken);
        using var answer = await http.PostAsJsonAsync("/api/v1/experiments", new QueueExperiment("sample", Spec()), LabJson.Options);
        answer.EnsureSuccessStatusCode();
        var queued = (await answer.Content.ReadFromJsonAsync<ExperimentQueued>(LabJson.Options))!;
        for (var tries = 0; tries < 600; tries++)
        {
            var runs = await http.GetFromJsonAsync<List<RunSummary>>("/api/v1/runs", LabJson.Options);
            var own = runs!.Where(run => run.ExperimentId == queued.ExperimentId).ToList();
            if (own.Count == queued.Runs.Count && own.Count(run => run.State is "completed" or "failed") == own.Count - 1 && own.Any(run => run.State == "running"))
                return (queued.ExperimentId, [.. queued.Runs.Select(run => run.Id)]);
            await Task.Delay(500);
        }
        throw new TimeoutException($"The sample runs did not come to their ends. The processes wrote:\n{site.Log}");
    }

    private static ExperimentSpec Spec() => new()
    {
        Experiment = "reward-variants",
        Note = "The three reward variants, two seeds each",
        Runs =
        [
            .. new[] { 1, 2 }.SelectMany(seed => new[] { ("hard_recall", 0.42), ("hard_recall_relax", 0.44), ("soft_recall", 0.47) }
                .Select(variant => Run($"{variant.Item1.Replace('_', '-')}-s{seed}", variant.Item1, seed, variant.Item2 + seed * 0.006))),
            Run("soft-from-hard", "soft_recall", 3, 0.49) with { Model = new ModelSource { Run = "hard-recall-s1" } },
            Run("relax-from-hard", "hard_recall_relax", 3, 0.45) with { Model = new ModelSource { Run = "hard-recall-s1" } },
            Run("hard-recall-s4", "hard_recall", 4, 0.4) with { Scripted = new ScriptedSettings { Steps = 120, StepMilliseconds = 2, FailAtStep = 60 } },
            Run("soft-recall-long", "soft_recall", 5, 0.5) with { Scripted = new ScriptedSettings { Steps = 100_000, StepMilliseconds = 100 } },
        ],
    };

    private static RunSpec Run(string name, string variant, int seed, double recall) => new()
    {
        Name = name,
        Method = RunMethod.Scripted,
        Variant = variant,
        Seed = seed,
        Model = new ModelSource(),
        Data = new DataSources { Vocabulary = "synthetic" },
        Protocol = new Protocol { Name = "sample", Prompt = "closed", SystemPrompt = "sft", MinPixels = 3136, MaxPixels = 50176, MaxNewTokens = 256, BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test" },
        Scripted = new ScriptedSettings { Steps = 120, StepMilliseconds = 2, FinalRecall = recall },
        Checkpoints = new CheckpointSettings { EverySteps = 40 },
    };

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SggLab.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not lie in the repository.");
        return folder.FullName;
    }
}
