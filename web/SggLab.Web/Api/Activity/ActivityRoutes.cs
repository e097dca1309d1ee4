using SggLab.Tracking.Activity;

namespace SggLab.Web.Api.Activity;

internal static class ActivityRoutes
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/activity", async (ActivityQueries queries, HttpContext context, int? limit, long? before) =>
        ApiAnswer.Of(await queries.RecentAsync(context.Actor(), limit ?? 100, before ?? long.MaxValue, context.RequestAborted))).For(ApiRoles.Readers);
}
