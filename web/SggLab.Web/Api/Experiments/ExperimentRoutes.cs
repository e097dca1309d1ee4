using SggLab.Contracts.Api;
using SggLab.Contracts;
using SggLab.Tracking;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Workers;

namespace SggLab.Web.Api.Experiments;

internal static class ExperimentRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/experiments", async (ExperimentQueries queries, HttpContext context) => ApiAnswer.Of(await queries.ListAsync(context.Actor(), context.RequestAborted))).For(ApiRoles.Readers);
        api.MapGet("/experiments/{id}", async (string id, ExperimentQueries queries, HttpContext context) =>
            ApiAnswer.OrNotFound(await queries.FindAsync(context.Actor(), id, context.RequestAborted), $"There is no experiment {id} in this project.")).For(ApiRoles.Readers);
        api.MapPost("/experiments", QueueAsync).For(ApiRoles.Writers);
    }

    private static async Task<IResult> QueueAsync(LabCommands commands, WorkerQueries workers, HttpContext context)
    {
        var request = await ApiAnswer.ReadAsync<QueueExperiment>(context);
        var outcome = await commands.SendAsync(new QueueRuns(context.Actor(), request.Key ?? LabId.New(), request.Spec));
        var there = await workers.ListAsync(context.Actor(), context.RequestAborted);
        return ApiAnswer.Of(outcome, queued => ApiAnswer.Of(queued with { Waits = DeviceWait.NoWorkerFor(request.Spec.Runs.Select(run => (run.Name, run.Device)), there) }));
    }
}
