using System.Globalization;
using SggLab.Tracking.Leaderboards;

namespace SggLab.Web.Api.Leaderboards;

internal static class LeaderboardRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/leaderboard", RowsAsync).For(ApiRoles.Readers);
        api.MapGet("/leaderboard/boards", async (LeaderboardQueries queries, HttpContext context, string? asOf) =>
            Moment(asOf, out var moment) is { } wrong ? wrong : ApiAnswer.Of(await queries.BoardsAsync(context.Actor(), moment, context.RequestAborted))).For(ApiRoles.Readers);
    }

    /// <summary>The header says how many rows there are, where the answer is cut.</summary>
    private static async Task<IResult> RowsAsync(LeaderboardQueries queries, HttpContext context, string? dataset, string? split, string? protocol, string? asOf, string? experiment)
    {
        if (Moment(asOf, out var moment) is { } wrong)
            return wrong;
        var ranking = await queries.RankAsync(context.Actor(), dataset, split, protocol, moment, experiment, context.RequestAborted);
        context.Response.Headers["X-Total-Count"] = ranking.Total.ToString(CultureInfo.InvariantCulture);
        return ApiAnswer.Of(ranking.Rows);
    }

    private static IResult? Moment(string? text, out AsOf? moment)
    {
        moment = string.IsNullOrEmpty(text) ? null : AsOf.Parse(text);
        return moment is null && !string.IsNullOrEmpty(text)
            ? ApiAnswer.Error(StatusCodes.Status400BadRequest, $"asOf is an event's sequence (a whole number) or a time with offset, such as 2026-03-01T12:00:00Z; given was '{text}'.", "asOf")
            : null;
    }
}
