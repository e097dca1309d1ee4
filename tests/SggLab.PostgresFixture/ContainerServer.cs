using SggLab.Postgres;
using Testcontainers.PostgreSql;

namespace SggLab.PostgresFixture;

/// <summary>A throw-away server in a container, where Docker runs and the image is there: a test run fetches none.</summary>
internal static class ContainerServer
{
    private static PostgreSqlContainer? s_container;

    public static async Task<string?> TryStartAsync()
    {
        if (await DockerPostgres.FindImageAsync(mayPull: false, _ => { }, default) is not { } image)
            return null;
        // The reaper needs an image of its own; the container is stopped below, and --rm removes it.
        Environment.SetEnvironmentVariable("TESTCONTAINERS_RYUK_DISABLED", Environment.GetEnvironmentVariable("TESTCONTAINERS_RYUK_DISABLED") ?? "true");
        s_container = new PostgreSqlBuilder(image).WithUsername("sgglab").WithDatabase("postgres").WithAutoRemove(true)
            .WithCommand("-c", "max_connections=400", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "jit=off").Build();
        await s_container.StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => s_container.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(15));
        return s_container.GetConnectionString();
    }
}
