using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Tracking;
using SggLab.Tracking.Access;
using SggLab.Tracking.Comparisons;
using SggLab.Tracking.Runs;

namespace SggLab.Web.Api.Runs;

internal static class RunRoutes
{
    private const int EventsAtOnce = 1000;
    private static readonly byte[] LineFeed = [(byte)'\n'];

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/runs", ListAsync).For(ApiRoles.Readers);
        api.MapGet("/runs/{id}", async (string id, RunQueries queries, HttpContext context) =>
            ApiAnswer.OrNotFound(await queries.FindAsync(context.Actor(), id, context.RequestAborted), Unknown(id))).For(ApiRoles.Readers);
        api.MapGet("/runs/{id}/events", EventsAsync).For(ApiRoles.Readers);
        api.MapGet("/runs/{id}/curves", CurvesAsync).For(ApiRoles.Readers);
        api.MapPost("/runs/{id}/cancel", async (string id, string? reason, LabCommands commands, HttpContext context) =>
            Done(await commands.SendAsync(new CancelRun(context.Actor(), id, reason)))).For(ApiRoles.Writers);
        api.MapPost("/runs/{id}/retry", async (string id, LabCommands commands, HttpContext context) =>
            Done(await commands.SendAsync(new RetryRun(context.Actor(), id)))).For(ApiRoles.Writers);
    }

    private static IResult Done(Outcome<string> outcome) => ApiAnswer.Of(outcome, id => ApiAnswer.Of(new { id, changed = outcome.Changed }));

    private static string Unknown(string id) => $"There is no run {id} in this project; `sgglab run list` (GET /api/v1/runs) shows what there is.";

    private static async Task<IResult> ListAsync(RunQueries queries, HttpContext context, string? experiment, string? state, string? method, string? variant, string? search, string? after, int? limit) =>
        ApiAnswer.Of(await queries.ListAsync(context.Actor(), new RunFilter(experiment, state, method, variant, search, after, limit ?? 1000), context.RequestAborted));

    private static async Task<IResult> CurvesAsync(string id, RunQueries runs, ComparisonQueries queries, HttpContext context, string[]? metric, int? maxPoints)
    {
        if (await runs.FindAsync(context.Actor(), id, context.RequestAborted) is null)
            return ApiAnswer.Error(StatusCodes.Status404NotFound, Unknown(id));
        return ApiAnswer.Of(await queries.CurvesAsync(context.Actor(), [id], metric is { Length: > 0 } ? metric : null, maxPoints ?? 10_000, context.RequestAborted));
    }

    /// <summary>JSON lines, all of them, a page of the store at a time; ?after=SEQUENCE goes on from there.</summary>
    private static async Task<IResult> EventsAsync(string id, RunQueries queries, HttpContext context, long? after)
    {
        var actor = context.Actor();
        if (await queries.FindAsync(actor, id, context.RequestAborted) is null)
            return ApiAnswer.Error(StatusCodes.Status404NotFound, Unknown(id));
        return Results.Stream(stream => WriteAsync(stream, queries, actor, id, after ?? 0, context.RequestAborted), "application/x-ndjson");
    }

    private static async Task WriteAsync(Stream stream, RunQueries queries, Actor actor, string id, long after, CancellationToken cancellation)
    {
        while (await queries.EventsAsync(actor, id, after, EventsAtOnce, cancellation: cancellation) is { Count: > 0 } page)
        {
            foreach (var item in page)
            {
                await JsonSerializer.SerializeAsync(stream, item, LabJson.Options, cancellation);
                await stream.WriteAsync(LineFeed, cancellation);
            }
            await stream.FlushAsync(cancellation);
            after = page[^1].Sequence;
        }
    }
}
