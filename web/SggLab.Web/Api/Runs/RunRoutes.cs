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
        api.MapGet("/runs/{id}", async (string id, RunQueries queries, ShownChanges shown, HttpContext context) =>
            await queries.FindAsync(context.Actor(), id, context.RequestAborted) is { } run ? ApiAnswer.Of(run) : await MissingAsync(id, shown, context)).For(ApiRoles.Readers);
        api.MapGet("/runs/{id}/events", EventsAsync).For(ApiRoles.Readers);
        api.MapGet("/runs/{id}/curves", CurvesAsync).For(ApiRoles.Readers);
        api.MapPost("/runs/{id}/cancel", async (string id, string? reason, LabCommands commands, HttpContext context) =>
            Done(id, await commands.SendAsync(new CancelRun(context.Actor(), id, reason)))).For(ApiRoles.Writers);
        api.MapPost("/runs/{id}/retry", async (string id, LabCommands commands, HttpContext context) =>
            Done(id, await commands.SendAsync(new RetryRun(context.Actor(), id)))).For(ApiRoles.Writers);
    }

    private static IResult Done(string id, Outcome<string> outcome) => ApiAnswer.Of(outcome, state => ApiAnswer.Of(new RunChanged(id, outcome.Changed, state)));

    /// <summary>A run that is stored and not shown yet is no unknown one: the projections are behind.</summary>
    private static async Task<IResult> MissingAsync(string id, ShownChanges shown, HttpContext context)
    {
        if (!await shown.HasRunAsync(context.Actor(), id, context.RequestAborted))
            return ApiAnswer.Error(StatusCodes.Status404NotFound, Unknown(id));
        context.Response.Headers.RetryAfter = "1";
        return ApiAnswer.Error(StatusCodes.Status503ServiceUnavailable, $"Run {id} is stored, and the lists do not show it yet: ask again in a moment. GET /health says whether they are behind.");
    }

    private static string Unknown(string id) => $"There is no run {id} in this project; `./sgglab run list` (GET /api/v1/runs) shows what there is.";

    private static async Task<IResult> ListAsync(RunQueries queries, HttpContext context, string? experiment, string? state, string? method, string? variant, string? search, string? after, int? limit) =>
        ApiAnswer.Of(await queries.ListAsync(context.Actor(), new RunFilter(experiment, state, method, variant, search, after, limit ?? 1000), context.RequestAborted));

    private static async Task<IResult> CurvesAsync(string id, RunQueries runs, ComparisonQueries queries, ShownChanges shown, HttpContext context, string[]? metric, int? maxPoints)
    {
        if (await runs.FindAsync(context.Actor(), id, context.RequestAborted) is null)
            return await MissingAsync(id, shown, context);
        return ApiAnswer.Of(await queries.CurvesAsync(context.Actor(), [id], metric is { Length: > 0 } ? metric : null, maxPoints ?? 10_000, context.RequestAborted));
    }

    /// <summary>JSON lines, all of them, a page of the store at a time; ?after=SEQUENCE goes on from there.</summary>
    private static async Task<IResult> EventsAsync(string id, RunQueries queries, ShownChanges shown, HttpContext context, long? after)
    {
        var actor = context.Actor();
        if (await queries.FindAsync(actor, id, context.RequestAborted) is null)
            return await MissingAsync(id, shown, context);
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
