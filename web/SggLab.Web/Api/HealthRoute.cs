using Npgsql;

namespace SggLab.Web.Api;

/// <summary>GET /health, open to all: whether this process and its database answer.</summary>
internal static class HealthRoute
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static void Map(WebApplication app) => app.MapGet("/health", AnswerAsync).AllowAnonymous();

    private static async Task<IResult> AnswerAsync(NpgsqlDataSource source, HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(Patience);
        try
        {
            await using var command = source.CreateCommand("select 1");
            await command.ExecuteScalarAsync(limit.Token);
            return Results.Text("ok");
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            return Results.Text("the database does not answer", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
