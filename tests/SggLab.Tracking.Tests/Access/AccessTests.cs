using SggLab.Tracking.Access;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Access;

public sealed class AccessTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task The_first_administrator_and_tokens_lie_in_files_of_the_owner_alone()
    {
        (await LabDatabase.CreateFirstAdministratorAsync(Database, Home, Stop)).ShouldBeTrue();
        (await LabDatabase.CreateFirstAdministratorAsync(Database, Home, Stop)).ShouldBeFalse();

        var access = Get<AccessService>();
        (await access.VerifyPasswordAsync("admin", await ReadAsync("admin-password"), Stop)).ShouldBe(new Actor("admin", Role.Admin, "lab"));
        (await access.VerifyTokenAsync(await ReadAsync("admin-token"), Stop)).ShouldNotBeNull().Role.ShouldBe(Role.Admin);
        (await access.VerifyTokenAsync(await ReadAsync("worker-token"), Stop)).ShouldNotBeNull().Role.ShouldBe(Role.Worker);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(Home, "admin-password")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_token_works_at_once_until_it_is_revoked_or_expires()
    {
        var access = Get<AccessService>();
        var issued = (await Commands.SendAsync(new IssueToken(Root, "dashboard", Role.Viewer), Stop)).Value!;
        var expired = (await Commands.SendAsync(new IssueToken(Root, "old", Role.Viewer, DateTimeOffset.UnixEpoch), Stop)).Value!;

        (await access.VerifyTokenAsync(issued.Token, Stop)).ShouldBe(new Actor("dashboard", Role.Viewer, "lab"));
        (await access.VerifyTokenAsync(expired.Token, Stop)).ShouldBeNull();
        (await access.VerifyTokenAsync(issued.Token + "x", Stop)).ShouldBeNull();
        (await Commands.SendAsync(new RevokeToken(Root, issued.Id), Stop)).Changed.ShouldBeTrue();
        (await Commands.SendAsync(new RevokeToken(Root, issued.Id), Stop)).Changed.ShouldBeFalse();

        (await access.VerifyTokenAsync(issued.Token, Stop)).ShouldBeNull();
        (await ScalarAsync<long>("select count(*) from lab.mt_events where data::text like '%' || $1 || '%'", issued.Token)).ShouldBe(0);
    }

    [Fact]
    public async Task An_administrator_sees_which_tokens_there_are_and_who_made_them()
    {
        var valid = (await Commands.SendAsync(new IssueToken(Root, "listed", Role.Viewer), Stop)).Value!;
        var expired = (await Commands.SendAsync(new IssueToken(Root, "listed", Role.Member, DateTimeOffset.UnixEpoch), Stop)).Value!;
        var revoked = (await Commands.SendAsync(new IssueToken(Root, "listed", Role.Worker), Stop)).Value!;
        await Commands.SendAsync(new RevokeToken(Root, revoked.Id), Stop);

        var listed = (await Get<TokenQueries>().ListAsync(Root, Stop)).Where(token => token.Name == "listed").ToList();

        listed[0].Id.ShouldBe(valid.Id, "valid ones come first");
        listed.ToDictionary(token => token.Id, token => (token.Role, token.State, token.MadeBy)).ShouldBe(new Dictionary<string, (string, string, string?)>
        {
            [valid.Id] = ("viewer", "valid", "root"), [expired.Id] = ("member", "expired", "root"), [revoked.Id] = ("worker", "revoked", "root"),
        }, ignoreOrder: true);
        listed.Single(token => token.Id == revoked.Id).RevokedAt.ShouldNotBeNull();
        await Should.ThrowAsync<ForbiddenException>(() => Get<TokenQueries>().ListAsync(Ada, Stop));
    }

    [Fact]
    public async Task An_administrator_of_another_project_neither_sees_nor_revokes_a_token()
    {
        var stranger = new Actor("eve", Role.Admin, "other");
        var issued = (await Commands.SendAsync(new IssueToken(Root, "ours", Role.Viewer), Stop)).Value!;

        (await Get<TokenQueries>().ListAsync(stranger, Stop)).ShouldBeEmpty();
        (await Commands.SendAsync(new RevokeToken(stranger, issued.Id), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.NotFound);
        (await Get<AccessService>().VerifyTokenAsync(issued.Token, Stop)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_member_signs_in_with_the_newest_password()
    {
        var access = Get<AccessService>();
        await Commands.SendAsync(new AddMember(Root, "grace", Role.Member, "correct horse battery"), Stop);
        (await access.VerifyPasswordAsync("grace", "correct horse battery", Stop)).ShouldNotBeNull().Role.ShouldBe(Role.Member);
        (await Commands.SendAsync(new ChangePassword(new Actor("grace", Role.Member, "lab"), "grace", "another long password"), Stop)).Changed.ShouldBeTrue();

        (await access.VerifyPasswordAsync("grace", "correct horse battery", Stop)).ShouldBeNull();
        (await access.VerifyPasswordAsync("grace", "another long password", Stop)).ShouldNotBeNull();
        (await access.VerifyPasswordAsync("nobody", "another long password", Stop)).ShouldBeNull();
        (await Commands.SendAsync(new AddMember(Root, "grace", Role.Member, "correct horse battery"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Conflict);
        (await Commands.SendAsync(new AddMember(Root, "short", Role.Member, "123"), Stop)).Refusal.ShouldNotBeNull().Field.ShouldBe("password");
    }

    [Theory]
    [InlineData(Role.Worker)]
    [InlineData(Role.Viewer)]
    public async Task Whoever_may_not_write_changes_nothing_whichever_way_they_come(Role role)
    {
        var actor = new Actor("mallory", role, "lab");
        (await Commands.SendAsync(new CancelRun(actor, "x"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
        (await Commands.SendAsync(new RetryRun(actor, "x"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
        (await Commands.SendAsync(new IssueToken(actor, "x", Role.Admin), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
        (await Commands.SendAsync(new AddMember(actor, "x", Role.Admin, "0123456789abc"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
        (await Commands.SendAsync(new ChangePassword(actor, "admin", "0123456789abc"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
        (await Commands.SendAsync(new RevokeToken(actor, "x"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
    }

    [Fact]
    public async Task Only_workers_lease_and_record_and_a_worker_reads_no_pages()
    {
        (await Commands.SendAsync(new LeaseRun(Ada, "w"), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
        (await Commands.SendAsync(new KeepLease(Ada, "r", 1, 1), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
        (await Ingest.AppendAsync(Ada, "r", 1, 1, default, Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Forbidden);
        await Should.ThrowAsync<ForbiddenException>(() => Get<RunQueries>().ListAsync(WorkerToken, cancellation: Stop));
    }

    [Fact]
    public async Task Another_project_sees_nothing_of_this_one()
    {
        var lease = await LeasedAsync();
        var stranger = new Actor("eve", Role.Admin, "other");
        await SettledAsync();

        (await Get<RunQueries>().ListAsync(stranger, cancellation: Stop)).ShouldBeEmpty();
        (await Get<RunQueries>().FindAsync(stranger, lease.RunId, Stop)).ShouldBeNull();
        (await Commands.SendAsync(new CancelRun(stranger, lease.RunId), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.NotFound);
        (await Ingest.AppendAsync(stranger, lease.RunId, 1, lease.Fence, System.Text.Encoding.UTF8.GetBytes(Started(1)), Stop)).Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.NotFound);
    }

    private Task<string> ReadAsync(string file) => File.ReadAllTextAsync(Path.Combine(Home, file), Stop).ContinueWith(text => text.Result.Trim(), TaskScheduler.Default);
}
