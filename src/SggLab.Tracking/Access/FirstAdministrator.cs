using System.Buffers.Text;
using System.Security.Cryptography;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SggLab.Contracts;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Access;

/// <summary>
/// The first run's administrator and tokens, in files that only their owner reads. Where a file is gone, as from a home that was removed, its secret is made
/// anew: whoever reaches the database owns it, and nobody is locked out.
/// </summary>
internal static class FirstAdministrator
{
    private const string Name = "admin", PasswordFile = "admin-password";

    public static async Task<bool> CreateAsync(string connectionString, string home, CancellationToken cancellation)
    {
        var host = Host.CreateEmptyApplicationBuilder(null);
        host.Services.AddLogging(logging => logging.ClearProviders());
        host.Services.AddSggLabTracking(connectionString, home, new LabSettings { RunsProjections = false });
        using var built = host.Build();
        var store = built.Services.GetRequiredService<IDocumentStore>();
        var access = built.Services.GetRequiredService<AccessService>();
        await using var session = store.LightweightSession(LabStore.NoProject);
        var admin = Actor.System(Actor.FirstProject);
        session.SignedBy(admin);
        var files = new List<(string File, string Secret)>();
        var known = await access.FindMemberAsync(Name, cancellation) is not null;
        if (!known || !File.Exists(Path.Combine(home, PasswordFile)))
        {
            var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(18));
            var stored = await session.Events.FetchStreamAsync(StreamKeys.Member(Name), token: cancellation);
            if (known)
                ChangePasswordHandler.Change(session, Name, password, stored.Count);
            else
                AddMemberHandler.Add(session, new AddMember(admin, Name, Role.Admin, password), stored.Count);
            files.Add((PasswordFile, password));
        }
        foreach (var (file, role) in new[] { ("admin-token", Role.Admin), ("worker-token", Role.Worker) })
            if (!await IsValidAsync(access, Path.Combine(home, file), cancellation))
                files.Add((file, IssueTokenHandler.Issue(session, new IssueToken(admin, role == Role.Admin ? Name : "worker", role)).Token));
        // Files first: a token that no file names is harmless, a file without its token is not.
        Directory.CreateDirectory(home);
        foreach (var (file, secret) in files)
            Write(Path.Combine(home, file), secret);
        await session.SaveChangesAsync(cancellation);
        return files.Count > 0;
    }

    private static async Task<bool> IsValidAsync(AccessService access, string file, CancellationToken cancellation) =>
        File.Exists(file) && await access.VerifyTokenAsync((await File.ReadAllTextAsync(file, cancellation)).Trim(), cancellation) is not null;

    private static void Write(string path, string secret)
    {
        var temporary = $"{path}.{LabId.New()}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(temporary, options))
        {
            using var writer = new StreamWriter(stream);
            writer.WriteLine(secret);
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }
}
