using SggLab.Tracking.Access;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Access;

public sealed class RemovedHomeTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task A_home_that_was_removed_gets_a_new_password_and_new_tokens()
    {
        (await LabDatabase.CreateFirstAdministratorAsync(Database, Home, Stop)).ShouldBeTrue();
        var old = await ReadAsync("admin-password");
        foreach (var file in new[] { "admin-password", "admin-token", "worker-token" })
            File.Delete(Path.Combine(Home, file));

        (await LabDatabase.CreateFirstAdministratorAsync(Database, Home, Stop)).ShouldBeTrue();
        (await LabDatabase.CreateFirstAdministratorAsync(Database, Home, Stop)).ShouldBeFalse();

        var access = Get<AccessService>();
        (await access.VerifyPasswordAsync("admin", await ReadAsync("admin-password"), Stop)).ShouldBe(new Actor("admin", Role.Admin, "lab"));
        (await access.VerifyPasswordAsync("admin", old, Stop)).ShouldBeNull();
        (await access.VerifyTokenAsync(await ReadAsync("admin-token"), Stop)).ShouldNotBeNull().Role.ShouldBe(Role.Admin);
        (await access.VerifyTokenAsync(await ReadAsync("worker-token"), Stop)).ShouldNotBeNull().Role.ShouldBe(Role.Worker);
    }

    private async Task<string> ReadAsync(string file) => (await File.ReadAllTextAsync(Path.Combine(Home, file), Stop)).Trim();
}
