using System.Text.Json;
using Marten;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;
using SggLab.Tracking.Access;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Experiments;

/// <summary>Queues an experiment's runs. The same key queues once: the second time answers with the first one's ids; another spec under it is refused.</summary>
public sealed record QueueRuns(Actor By, string Key, ExperimentSpec Spec) : ILabCommand<ExperimentQueued>
{
    public IReadOnlyList<string> Shows(ExperimentQueued answer) => [StreamKeys.Experiment(answer.ExperimentId), .. answer.Runs.Select(run => StreamKeys.Run(run.Id))];
}

public static class QueueRunsHandler
{
    public static async Task<Outcome<ExperimentQueued>> HandleAsync(QueueRuns command, IDocumentSession session, CancellationToken cancellation)
    {
        if (Permissions.ToWrite(command.By) is { } forbidden)
            return forbidden;
        if (Check(command) is { } invalid)
            return invalid;
        var experimentId = LabId.From(command.By.Project, command.Key);
        var stored = await session.Events.FetchStreamAsync(StreamKeys.Experiment(experimentId), token: cancellation);
        if (stored.Select(e => e.Data).OfType<ExperimentCreated>().FirstOrDefault() is { } already)
            return already.SpecHash is null || already.SpecHash == ContentHash.OfJson(command.Spec)
                ? Outcome.Already(Answer(already) with { Already = true })
                : Refusal.Conflict($"Key '{command.Key}' was used for experiment {experimentId} ({already.Name}) with another spec; nothing was queued. Give this one another key, or none.", field: "key");
        var (created, runs) = Plan(experimentId, command.Key, command.Spec);
        session.SignedBy(command.By);
        session.Events.StartStream(StreamKeys.Experiment(experimentId), created);
        foreach (var run in runs)
            session.Events.StartStream<Run>(StreamKeys.Run(run.RunId), run);
        return Outcome.Done(Answer(created));
    }

    /// <summary>The experiment and its runs; ids follow from the experiment's, so that a repetition names the same runs.</summary>
    internal static (ExperimentCreated, IReadOnlyList<RunQueued>) Plan(string experimentId, string key, ExperimentSpec spec)
    {
        var ids = spec.Runs.ToDictionary(run => run.Name, run => LabId.From(experimentId, run.Name), StringComparer.Ordinal);
        var created = new ExperimentCreated(experimentId, spec.Experiment, spec.Note, key, [.. spec.Runs.Select(run => new PlannedRun(ids[run.Name], run.Name))], ContentHash.OfJson(spec));
        var runs = spec.Runs.Select((run, position) => new RunQueued(ids[run.Name], experimentId, spec.Experiment, run.Name, run, ContentHash.Of(run), ContentHash.Of(run.Protocol),
            run.Model.Run is { Length: > 0 } start ? ids[start] : null, run.Model.Run is { Length: > 0 } name ? name : null, position));
        return (created, [.. runs]);
    }

    private static Refusal? Check(QueueRuns command)
    {
        if (command.Key is not { Length: >= 1 and <= 200 })
            return Refusal.Invalid("Give the experiment a key of 1 to 200 characters, or none.", "key");
        if (SpecValidation.Check(command.Spec) is { Count: > 0 } problems)
            return Refusal.Invalid($"The experiment cannot run: {string.Join(" ", problems.Take(20))}", problems[0].Field);
        if (JsonSerializer.Serialize(command, LabJson.Options).Contains("\\u0000", StringComparison.Ordinal))
            return Refusal.Invalid("The experiment holds a character with code 0 in a text; remove it.", "experiment");
        return null;
    }

    private static ExperimentQueued Answer(ExperimentCreated e) => new(e.ExperimentId, [.. e.Runs.Select(run => new QueuedRun(run.RunId, run.Name))]);
}
