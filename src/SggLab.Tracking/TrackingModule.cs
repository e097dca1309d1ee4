using JasperFx.CodeGeneration;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SggLab.Tracking.Access;
using SggLab.Tracking.Activity;
using SggLab.Tracking.Blobs;
using SggLab.Tracking.Checkpoints;
using SggLab.Tracking.Comparisons;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Leaderboards;
using SggLab.Tracking.Live;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;
using SggLab.Tracking.Telemetry;
using SggLab.Tracking.Workers;
using Wolverine;
using Wolverine.ErrorHandling;
using Wolverine.Marten;

namespace SggLab.Tracking;

public static class TrackingModule
{
    /// <summary>Registers the event store, its projections, the commands' bus, the queries and the live feed.</summary>
    /// <param name="home">State folder; blobs lie under it.</param>
    public static IServiceCollection AddSggLabTracking(this IServiceCollection services, string connectionString, string home, LabSettings? settings = null) =>
        AddSggLabTracking(services, connectionString, home, settings ?? new LabSettings(), mayChangeSchema: false);

    /// <param name="mayChangeSchema">True in `db migrate` alone.</param>
    internal static IServiceCollection AddSggLabTracking(this IServiceCollection services, string connectionString, string home, LabSettings settings, bool mayChangeSchema)
    {
        var source = LabConnection.Open(connectionString);
        services.AddSingleton(source);
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        var letters = new DeadLetters(source);
        services.AddSingleton(letters);
        services.AddMarten(options => LabStore.Configure(options, source, letters))
            .UseLightweightSessions()
            .IntegrateWithWolverine(messages =>
            {
                messages.MessageStorageSchemaName = LabStore.MessageSchema;
                messages.AutoCreate = mayChangeSchema ? JasperFx.AutoCreate.CreateOrUpdate : JasperFx.AutoCreate.None;
            });
        if (settings.RunsProjections)
        {
            services.AddHostedService<ProjectionLeader>();
            services.AddHostedService<LeaseSweeper>();
        }
        services.AddWolverine(ConfigureBus);
        services.AddSingleton<LabCommands>();
        services.AddSingleton<ShownChanges>();
        services.AddSingleton<RecordIngest>();
        services.AddSingleton(new BlobStore(source, Path.Combine(home, "blobs")));
        services.AddSingleton<AccessService>();
        services.AddSingleton<LiveFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveFeed>());
        return services.AddSingleton<RunQueries>().AddSingleton<ExperimentQueries>().AddSingleton<QueueQueries>().AddSingleton<WorkerQueries>()
            .AddSingleton<ActivityQueries>().AddSingleton<CheckpointQueries>().AddSingleton<LeaderboardQueries>().AddSingleton<ComparisonQueries>().AddSingleton<ProjectionLag>().AddSingleton<StatusQueries>().AddSingleton<TokenQueries>();
    }

    private static void ConfigureBus(WolverineOptions options)
    {
        options.ServiceName = "sgglab";
        // Handlers, and the code generated for them, are in this assembly, whichever process runs it.
        options.ApplicationAssembly = typeof(TrackingModule).Assembly;
        // Generated ahead, by a test: no compiler in the process, and a start without compiling.
        options.CodeGeneration.TypeLoadMode = TypeLoadMode.Static;
        options.AutoBuildMessageStorageOnStartup = JasperFx.AutoCreate.None;
        options.Durability.Mode = DurabilityMode.Solo;
        options.Policies.AutoApplyTransactions();
        options.Policies.UseDurableLocalQueues();
        options.Policies.OnException(Races.IsRace).RetryTimes(5);
    }
}
