using SggLab.Contracts.Api;
using SggLab.Tracking;
using SggLab.Tracking.Workers;

namespace SggLab.Web.Api.Workers;

internal static class WorkerRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/workers", async (WorkerQueries queries, HttpContext context) => ApiAnswer.Of(await queries.ListAsync(context.Actor(), context.RequestAborted))).For(ApiRoles.Readers);
        api.MapPost("/workers", async (LabCommands commands, HttpContext context) =>
        {
            var worker = await ApiAnswer.ReadAsync<RegisterWorker>(context);
            return ApiAnswer.Of(await commands.SendAsync(new AdmitWorker(context.Actor(), worker)), id => ApiAnswer.Of(new { id }));
        }).For(ApiRoles.Workers);
        api.MapDelete("/workers/{id}", async (string id, string? incarnation, LabCommands commands, HttpContext context) =>
            ApiAnswer.Of(await commands.SendAsync(new DismissWorker(context.Actor(), id, incarnation ?? "")), _ => Results.NoContent())).For(ApiRoles.Workers);
    }
}
