using System.Text.Json;
using SggLab.Cli.Tests.Site;
using SggLab.PostgresFixture;

namespace SggLab.Cli.Tests.Runs;

/// <summary>Tokens as an administrator handles them, against a site.</summary>
public sealed class TokenCommandTests : IAsyncLifetime
{
    private readonly Sgglab _sgglab = new();

    public async ValueTask InitializeAsync() =>
        (await _sgglab.RunAsync("up", "--detach", "--json", "--no-demo", "--workers", "0", "--postgres", await PostgresServer.ConnectionStringForNewDatabaseAsync("tokens"))).ExitCode.ShouldBe(0);

    public async ValueTask DisposeAsync()
    {
        await _sgglab.RunAsync("down");
        _sgglab.Dispose();
    }

    [Fact]
    public async Task A_token_is_found_in_the_list_revoked_by_its_id_and_refused_at_once()
    {
        var secret = (await _sgglab.RunAsync("token", "create", "--role", "viewer", "--expires", "30d", "--name", "dashboard")).Output.Trim();
        var list = await _sgglab.RunAsync("token", "list");
        list.Output.ShouldContain("dashboard");
        list.Output.ShouldNotContain(secret);
        var id = JsonDocument.Parse((await _sgglab.RunAsync("token", "list", "--json")).Output).RootElement.EnumerateArray().Single(token => token.GetProperty("name").GetString() == "dashboard").GetProperty("id").GetString()!;
        var file = Path.Combine(_sgglab.Folder, "dashboard-token");
        await File.WriteAllTextAsync(file, secret, TestContext.Current.CancellationToken);
        (await _sgglab.RunAsync("run", "list", "--token-file", file)).ExitCode.ShouldBe(0);
        (await _sgglab.RunAsync("token", "list", "--token-file", file)).ShouldComplain(2).ShouldContain("the role admin");

        (await _sgglab.RunAsync("token", "revoke", id)).Output.ShouldContain("is revoked");

        (await _sgglab.RunAsync("run", "list", "--token-file", file)).ShouldComplain(2).ShouldContain("was revoked");
        (await _sgglab.RunAsync("token", "revoke", id)).Output.ShouldContain("was revoked before");
        (await _sgglab.RunAsync("token", "list")).Output.ShouldContain("revoked");
        (await _sgglab.RunAsync("token", "revoke", "nosuchtoken")).ShouldComplain(2).ShouldContain("token list");
        (await _sgglab.RunAsync("token", "revoke", secret)).ShouldComplain(2).ShouldNotContain(secret);
    }
}
