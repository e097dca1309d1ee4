using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SggLab.PostgresFixture;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests;

/// <summary>A lab on a database of its own: one a test class.</summary>
public class RunningLab : IAsyncLifetime
{
    private IHost? _host;

    public virtual LabSettings Settings => new() { LeaseTtl = TimeSpan.FromSeconds(30), LeaseGrace = TimeSpan.FromSeconds(60), MaxDeaths = 3 };

    public string Database { get; private set; } = "";
    public string Home { get; } = Directory.CreateTempSubdirectory("sgglab-tracking-").FullName;
    public IServiceProvider Services => _host!.Services;

    public async ValueTask InitializeAsync()
    {
        Database = await PostgresServer.ConnectionStringForNewDatabaseAsync("tracking");
        await LabDatabase.MigrateAsync(Database);
        _host = Build();
        await _host.StartAsync();
    }

    public IHost Build()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Services.AddSggLabTracking(Database, Home, Settings);
        return builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            _host.Dispose();
        }
        Directory.Delete(Home, recursive: true);
        await PostgresServer.DropDatabaseAsync(Database);
        GC.SuppressFinalize(this);
    }
}
