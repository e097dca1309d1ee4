using SggLab.Web.Api.Access;
using SggLab.Web.Api.Activity;
using SggLab.Web.Api.Blobs;
using SggLab.Web.Api.Checkpoints;
using SggLab.Web.Api.Comparisons;
using SggLab.Web.Api.Experiments;
using SggLab.Web.Api.Leaderboards;
using SggLab.Web.Api.Queue;
using SggLab.Web.Api.Runs;
using SggLab.Web.Api.Workers;

namespace SggLab.Web.Api;

/// <summary>The HTTP API, version 1: a slice's routes stand in its folder.</summary>
public static class LabApi
{
    public static void AddLabApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddRequestDecompression();
        // The gate makes a sentence of it; otherwise a parameter of the wrong kind gets an empty 400.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    /// <summary>After routing, before the routes.</summary>
    public static void UseLabApi(this WebApplication app) => app.UseWhen(context => context.Request.Path.StartsWithSegments("/api"), api =>
    {
        api.UseMiddleware<ApiGate>();
        api.UseRequestDecompression();
    });

    public static void MapLabApi(this WebApplication app)
    {
        // The gate asks for tokens; the pages' cookie must play no part.
        var api = app.MapGroup("/api/v1").AllowAnonymous().DisableAntiforgery();
        ExperimentRoutes.Map(api);
        RunRoutes.Map(api);
        RecordRoutes.Map(api);
        QueueRoutes.Map(api);
        WorkerRoutes.Map(api);
        BlobRoutes.Map(api);
        CheckpointRoutes.Map(api);
        LeaderboardRoutes.Map(api);
        ComparisonRoutes.Map(api);
        ActivityRoutes.Map(api);
        AccessRoutes.Map(api);
        HealthRoute.Map(app);
    }
}
