using SggLab.Tracking;
using SggLab.Tracking.Queue;

namespace SggLab.Web.Api.Queue;

internal static class QueueRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/queue", async (QueueQueries queries, HttpContext context) => ApiAnswer.Of(await queries.ListAsync(context.Actor(), context.RequestAborted))).For(ApiRoles.Readers);
        api.MapGet("/status", async (StatusQueries queries, HttpContext context) => ApiAnswer.Of(await queries.GetAsync(context.Actor(), context.RequestAborted))).For(ApiRoles.Readers);
        api.MapPost("/workers/{id}/lease", async (string id, LabCommands commands, HttpContext context) =>
            ApiAnswer.Of(await commands.SendAsync(new LeaseRun(context.Actor(), id)), answer => answer.Grant is { } grant ? ApiAnswer.Of(grant) : Results.NoContent())).For(ApiRoles.Workers);
    }
}
