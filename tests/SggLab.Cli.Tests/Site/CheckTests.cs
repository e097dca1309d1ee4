using System.Text.Json;

namespace SggLab.Cli.Tests.Site;

/// <summary>Short runs of the long checks: the same code, fewer steps.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly Sgglab _sgglab = new();

    public void Dispose() => _sgglab.Dispose();

    [Fact]
    public async Task Kills_lose_and_double_nothing()
    {
        var result = await CheckAsync("faults", "--scripted");

        result.GetProperty("kills").GetInt32().ShouldBe(5);
        result.GetProperty("acknowledged").GetInt64().ShouldBeGreaterThan(20);
        foreach (var name in new[] { "lost", "doubled", "stuck" })
            result.GetProperty(name).GetInt64().ShouldBe(0, name);
    }

    [Fact]
    public async Task A_soak_of_half_a_minute_holds()
    {
        // A check never touches the user's own database or site.
        _sgglab.Environment["SGGLAB_POSTGRES"] = "Host=127.0.0.1;Port=1;Username=mine;Password=secret";
        _sgglab.Environment["SGGLAB_TOKEN"] = "of another site";

        var result = await CheckAsync("soak", "--minutes", "0.5");

        result.GetProperty("runs").GetInt32().ShouldBeGreaterThanOrEqualTo(4);
        result.GetProperty("records").GetInt64().ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task The_demo_runs_from_nothing_to_the_leaderboard()
    {
        var result = await CheckAsync("demo", "--steps", "2", "--minutes", "7");

        result.GetProperty("leaderboard").GetArrayLength().ShouldBe(8);
        result.GetProperty("gains").GetArrayLength().ShouldBe(3);
    }

    private async Task<JsonElement> CheckAsync(params string[] arguments)
    {
        var result = await _sgglab.RunAsync(["check", .. arguments, "--json"]);
        result.ExitCode.ShouldBe(0, result.Error);
        return JsonDocument.Parse(result.Output).RootElement;
    }
}
