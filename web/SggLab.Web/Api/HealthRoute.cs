using Npgsql;
using SggLab.Tracking.Store;

namespace SggLab.Web.Api;

/// <summary>
/// GET /health, open to all: 200 when this process and its database answer, else 503. The text names the projections that have fallen behind or go on without
/// an event they could not fold: the site serves what it has meanwhile, and starting it again would not help.
/// </summary>
internal static class HealthRoute
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static void Map(WebApplication app) => app.MapGet("/health", AnswerAsync).AllowAnonymous().AddEndpointFilter(NameInstanceAsync);

    /// <summary>Whoever started this process knows by the name that it is this one which answers, and not another site on the same port.</summary>
    private static ValueTask<object?> NameInstanceAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        if (Environment.GetEnvironmentVariable("SGGLAB_INSTANCE") is { Length: > 0 } instance)
            call.HttpContext.Response.Headers["Sgglab-Instance"] = instance;
        return next(call);
    }

    private static async Task<IResult> AnswerAsync(ProjectionLag lag, DeadLetters letters, HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(Patience);
        try
        {
            var late = await lag.LateAsync(ProjectionLag.Patience, limit.Token);
            var left = await letters.ListAsync(limit.Token);
            string[] problems =
            [
                .. late.Count == 0 ? [] : (string[])["behind: " + string.Join(", ", late.Select(l => $"{l.Name} by {l.Waiting.TotalSeconds:0} s"))],
                .. left.Count == 0 ? [] : (string[])["dead letters: " + string.Join(", ", left.CountBy(letter => letter.Projection).Select(of => $"{of.Value} of {of.Key}"))],
            ];
            return Results.Text(problems.Length == 0 ? "ok" : string.Join("; ", problems));
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            return Results.Text("the database does not answer", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
