using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using SggLab.Cli.Site;
using SggLab.Postgres;
using SggLab.PostgresFixture;

namespace SggLab.Cli.Tests.Site;

/// <summary>The whole site as a person starts it: supervisor, web site, workers, and once a database server of its own.</summary>
public sealed class SiteLifeTests : IAsyncLifetime
{
    private readonly Sgglab _sgglab = new();
    private LabHome Home => new(_sgglab.Home);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _sgglab.RunAsync("down");
        _sgglab.Dispose();
    }

    [Fact]
    public async Task Up_says_where_it_is_goes_on_where_it_stopped_and_down_leaves_nothing()
    {
        var port = FreePort();
        var first = await UpAsync("--port", $"{port}", "--workers", "1");
        first.GetProperty("url").GetString().ShouldBe($"http://127.0.0.1:{port}");
        first.GetProperty("home").GetString().ShouldBe(_sgglab.Home);
        first.GetProperty("postgres").GetProperty("kind").GetString().ShouldBeOneOf("local", "docker");
        foreach (var name in new[] { "adminTokenFile", "adminPasswordFile" })
            File.GetUnixFileMode(first.GetProperty(name).GetString()!).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var token = await File.ReadAllTextAsync(Home.AdminTokenFile, Cancel);

        var status = await StatusAsync();
        status.GetProperty("ready").GetBoolean().ShouldBeTrue();
        Roles(status).ShouldBeSubsetOf(["supervisor", "web", "worker", "postgres"]);
        Roles(status).ShouldContain("worker");

        status.GetProperty("url").GetString().ShouldBe($"http://127.0.0.1:{port}", "as up says it");
        (await _sgglab.RunAsync("up", "--detach", "--port", $"{FreePort()}")).ShouldComplain(2).ShouldContain($"runs at http://127.0.0.1:{port}");

        var down = await _sgglab.RunAsync("down");
        down.ExitCode.ShouldBe(0, down.Error);
        ShouldHaveEnded(status);
        Strays.Find(Home).ShouldBeEmpty();
        (await StatusAsync()).GetProperty("processes").GetArrayLength().ShouldBe(0);

        var second = await UpAsync("--workers", "0");
        second.GetProperty("url").GetString().ShouldBe($"http://127.0.0.1:{port}", "the port stays");
        (await File.ReadAllTextAsync(Home.AdminTokenFile, Cancel)).ShouldBe(token, "the database stays, and the token in it");
    }

    [Fact]
    public async Task What_dies_is_started_again_and_a_killed_supervisor_leaves_nothing_that_down_misses()
    {
        await UpAsync("--postgres", await DatabaseAsync(), "--port", $"{FreePort()}", "--workers", "1");
        foreach (var role in new[] { "web", "worker" })
        {
            var victim = Find(role)!;
            victim.Identity.Send(ProcessSignal.Kill);
            await UntilAsync(() => Find(role) is { } next && next.Identity != victim.Identity, $"{role} comes back");
        }
        await UntilAsync(async () => (await StatusAsync()).GetProperty("ready").GetBoolean(), "the site answers again");

        var status = await StatusAsync();
        Find("supervisor")!.Identity.Send(ProcessSignal.Kill);
        await UntilAsync(() => Find("supervisor") is null, "the supervisor is gone");
        var down = await _sgglab.RunAsync("down");

        down.ExitCode.ShouldBe(0, down.Error);
        ShouldHaveEnded(status);
        Strays.Find(Home).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_ups_at_once_start_one_site_and_both_say_where()
    {
        string[] arguments = ["up", "--detach", "--json", "--no-demo", "--workers", "0", "--postgres", await DatabaseAsync()];

        var both = await Task.WhenAll(_sgglab.RunAsync(arguments), _sgglab.RunAsync(arguments));

        both.ShouldAllBe(r => r.ExitCode == 0);
        both[0].Output.ShouldBe(both[1].Output);
        ProcessFiles.Running(Home).Count(p => p.Role == "web").ShouldBe(1);
    }

    [Fact]
    public async Task A_home_behind_a_link_is_stopped_and_started_like_any_other()
    {
        var link = Path.Combine(_sgglab.Folder, "link");
        Directory.CreateSymbolicLink(link, Directory.CreateDirectory(Path.Combine(_sgglab.Folder, "disk")).FullName);

        (await _sgglab.RunAsync("db", "migrate", "--home", Path.Combine(link, "home"))).ExitCode.ShouldBe(0);
        ProcessFiles.Running(LabHome.Find(Path.Combine(link, "home"))).ShouldBeEmpty("the server is stopped");
        File.Exists(Path.Combine(_sgglab.Folder, "disk", "home", "postgres", "data", "postmaster.pid")).ShouldBeFalse();
        (await _sgglab.RunAsync("db", "migrate", "--home", Path.Combine(_sgglab.Folder, "disk", "home"))).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Clones_started_together_take_a_port_each()
    {
        using var other = new Sgglab();
        try
        {
            string[] arguments = ["up", "--detach", "--json", "--no-demo", "--workers", "0", "--postgres"];
            var both = await Task.WhenAll(_sgglab.RunAsync([.. arguments, await DatabaseAsync()]), other.RunAsync([.. arguments, await DatabaseAsync()]));

            both.ShouldAllBe(up => up.ExitCode == 0, string.Join("\n", both.Select(up => up.Error)));
            both.Select(up => JsonDocument.Parse(up.Output).RootElement.GetProperty("url").GetString()).ShouldBeUnique();
        }
        finally { await other.RunAsync("down"); }
    }

    [Fact]
    public async Task A_database_of_another_version_keeps_the_web_site_from_starting()
    {
        var database = await DatabaseAsync();
        await using (var source = Npgsql.NpgsqlDataSource.Create(database))
        await using (var command = source.CreateCommand("create schema lab; create table lab.schema_version (version int primary key, script text not null, applied_at timestamptz not null default now()); insert into lab.schema_version values (999, 'from the future')"))
            await command.ExecuteNonQueryAsync(Cancel);

        var up = await _sgglab.RunAsync("up", "--detach", "--json", "--no-demo", "--port", $"{FreePort()}", "--postgres", database);

        up.ShouldComplain(2).ShouldContain("schema version 999, made by a newer release");
        ProcessFiles.Running(Home).ShouldBeEmpty();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<JsonElement> UpAsync(params string[] arguments)
    {
        var up = await _sgglab.RunAsync(["up", "--detach", "--json", "--no-demo", .. arguments]);
        up.ExitCode.ShouldBe(0, up.Error);
        return JsonDocument.Parse(up.Output).RootElement;
    }

    private async Task<JsonElement> StatusAsync()
    {
        var status = await _sgglab.RunAsync("status", "--json");
        status.ExitCode.ShouldBe(0, status.Error);
        return JsonDocument.Parse(status.Output).RootElement;
    }

    private SiteProcess? Find(string role) => ProcessFiles.Running(Home).FirstOrDefault(p => p.Role == role);

    private static IEnumerable<string> Roles(JsonElement status) => status.GetProperty("processes").EnumerateArray().Select(p => p.GetProperty("role").GetString()!);

    private static void ShouldHaveEnded(JsonElement status)
    {
        foreach (var process in status.GetProperty("processes").EnumerateArray())
            ProcessIdentity.Of(process.GetProperty("pid").GetInt32()).ShouldBeNull(process.GetRawText());
    }

    private static Task<string> DatabaseAsync() => PostgresServer.ConnectionStringForNewDatabaseAsync("site_life");

    private static Task UntilAsync(Func<bool> reached, string what) => UntilAsync(() => Task.FromResult(reached()), what);

    private static async Task UntilAsync(Func<Task<bool>> reached, string what)
    {
        for (var began = Environment.TickCount64; !await reached(); await Task.Delay(200, Cancel))
            (Environment.TickCount64 - began).ShouldBeLessThan(90_000, $"waited in vain until {what}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
