using SggLab.Tracking.Comparisons;

namespace SggLab.Web.Api.Comparisons;

internal static class ComparisonRoutes
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/comparison", async (ComparisonQueries queries, HttpContext context, string[]? run) =>
        run is { Length: >= 1 and <= ComparisonQueries.MostRuns }
            ? ApiAnswer.Of(await queries.CompareAsync(context.Actor(), run, context.RequestAborted))
            : ApiAnswer.Error(StatusCodes.Status400BadRequest, $"Name 1 to {ComparisonQueries.MostRuns} runs, as in ?run=ID&run=ID.", "run")).For(ApiRoles.Readers);
}
