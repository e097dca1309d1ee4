using SggLab.Tracking.Checkpoints;

namespace SggLab.Web.Api.Checkpoints;

internal static class CheckpointRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/checkpoints/{id}", async (string id, CheckpointQueries queries, HttpContext context) =>
            ApiAnswer.OrNotFound(await queries.FindAsync(context.Actor(), id, context.RequestAborted), Unknown(id))).For(ApiRoles.Readers);
        api.MapGet("/checkpoints/{id}/lineage", async (string id, CheckpointQueries queries, HttpContext context) =>
            ApiAnswer.OrNotFound(await queries.LineageAsync(context.Actor(), id, context.RequestAborted), Unknown(id))).For(ApiRoles.Readers);
    }

    private static string Unknown(string id) => $"There is no checkpoint {id} in this project; a run's page and `./sgglab run show` name its checkpoints.";
}
