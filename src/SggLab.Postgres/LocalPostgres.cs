using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using SggLab.Contracts;

namespace SggLab.Postgres;

/// <summary>A server of our own from PostgreSQL's programs: a private data folder, loopback only, one user with a random password.</summary>
public static class LocalPostgres
{
    /// <summary>Starts it, making the data folder at the first start; a server that already runs in the folder is taken as it is.</summary>
    public static async Task<ProvisionedPostgres> StartAsync(PostgresRequest request, PostgresBinaries binaries, Action<string> say, CancellationToken cancel)
    {
        var folder = new PostgresFolder(request.Folder);
        folder.Prepare(freeBytesWanted: folder.HasData ? 24 << 20 : 160 << 20);
        var password = folder.Password(mayMake: !folder.HasData);
        if (folder.Postmaster() is { } running && folder.SavedPort is { } port)
            return await ReadyAsync(request, folder, port, password, running, 0, say, cancel);
        if (!folder.HasData)
            await InitializeAsync(folder, binaries, password, say, cancel);
        folder.WriteKind("local");
        for (var attempt = 1; ; attempt++)
        {
            port = folder.ChoosePort(anew: attempt > 1);
            var from = File.Exists(folder.Log) ? new FileInfo(folder.Log).Length : 0;
            say($"starting PostgreSQL {binaries.Version} …");
            var process = Launch(folder, binaries, port, request.Disposable);
            try { return await ReadyAsync(request, folder, port, password, process, from, say, cancel); }
            catch (PortTakenException) when (attempt < 4)
            {
                // Somebody took the port between our look and the server's start.
            }
        }
    }

    /// <summary>Stops the server of this folder. Quickly = as after a crash, which is fine for a server that is thrown away.</summary>
    public static async Task<bool> StopAsync(string folder, bool quickly = false)
    {
        if (new PostgresFolder(folder).Postmaster() is not { } server)
            return true;
        return quickly
            ? await server.StopAsync((ProcessSignal.Quit, TimeSpan.FromSeconds(5)), (ProcessSignal.Kill, TimeSpan.FromSeconds(2)))
            : await server.StopAsync((ProcessSignal.Interrupt, TimeSpan.FromSeconds(30)), (ProcessSignal.Quit, TimeSpan.FromSeconds(5)), (ProcessSignal.Kill, TimeSpan.FromSeconds(2)));
    }

    private static async Task InitializeAsync(PostgresFolder folder, PostgresBinaries binaries, string password, Action<string> say, CancellationToken cancel)
    {
        say($"making a database folder with PostgreSQL {binaries.Version} …");
        var account = ServerAccount.Choose();
        if (Directory.Exists(folder.Unfinished))
            Directory.Delete(folder.Unfinished, recursive: true);
        Directory.CreateDirectory(folder.Unfinished, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await account.OwnAsync(folder.Unfinished);
        var secret = Directory.CreateTempSubdirectory("sgglab-initdb-");
        try
        {
            var passwordFile = Path.Combine(secret.FullName, "password");
            await File.WriteAllTextAsync(passwordFile, password, cancel);
            await account.OwnAsync(passwordFile);
            await account.OwnAsync(secret.FullName);
            var run = await CommandRun.RunAsync("/bin/sh", account.Wrap(folder.Unfinished, null,
                [binaries.Program("initdb"), "-D", account.Reach(folder.Unfinished), "--username=sgglab", "--auth=scram-sha-256", $"--pwfile={passwordFile}",
                    "--encoding=UTF8", "--locale=C", "--data-checksums"]),
                TimeSpan.FromMinutes(3), new Dictionary<string, string?> { ["LC_ALL"] = "C" }, cancel: cancel);
            if (!run.Succeeded)
                throw (run.Output + run.Error).Contains("No space left", StringComparison.Ordinal)
                    ? folder.DiskFull()
                    : new LabException($"PostgreSQL's initdb could not make {folder.Data}: {run.LastLines()}", 3);
            Directory.Move(folder.Unfinished, folder.Data);
        }
        finally
        {
            secret.Delete(recursive: true);
            if (Directory.Exists(folder.Unfinished))
                Directory.Delete(folder.Unfinished, recursive: true);
        }
    }

    /// <summary>In a session of its own: Ctrl-C at the terminal reaches us, who stop the web site and the workers first.</summary>
    private static ProcessIdentity Launch(PostgresFolder folder, PostgresBinaries binaries, int port, bool disposable)
    {
        var account = ServerAccount.Choose();
        var settings = Settings(port, disposable).SelectMany(s => new[] { "-c", $"{s.Key}={s.Value}" });
        var start = new ProcessStartInfo("setsid", ["/bin/sh", .. account.Wrap(folder.Data, folder.Log, [binaries.Program("postgres"), "-D", account.Reach(folder.Data), .. settings])]);
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        using var process = Process.Start(start) ?? throw new LabException("setsid could not be started; it comes with util-linux.", 3);
        return ProcessIdentity.Of(process.Id) ?? new(process.Id, 0, "");
    }

    private static Dictionary<string, string> Settings(int port, bool disposable)
    {
        var settings = new Dictionary<string, string>
        {
            ["port"] = port.ToString(CultureInfo.InvariantCulture),
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = "",
            ["max_connections"] = disposable ? "400" : "120",
            ["shared_buffers"] = "96MB",
            ["max_wal_size"] = "512MB",
            ["min_wal_size"] = "64MB",
            ["wal_level"] = "minimal",
            ["max_wal_senders"] = "0",
            ["jit"] = "off",
            ["log_checkpoints"] = "off",
            ["password_encryption"] = "scram-sha-256",
        };
        if (disposable)
            foreach (var name in new[] { "fsync", "synchronous_commit", "full_page_writes" })
                settings[name] = "off";
        return settings;
    }

    private static async Task<ProvisionedPostgres> ReadyAsync(PostgresRequest request, PostgresFolder folder, int port, string password, ProcessIdentity process, long logFrom, Action<string> say, CancellationToken cancel)
    {
        var connection = PostgresFolder.Connection(port, password, request.Database);
        var began = Environment.TickCount64;
        for (var told = 0L; ; await Task.Delay(100, cancel))
        {
            try
            {
                var version = await GivenPostgres.CheckAsync(connection, cancel);
                return new("local", version, connection, folder.Postmaster() ?? process, null);
            }
            catch (LabException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow } or { InnerException: SocketException or IOException })
            {
                if (!process.IsAlive && folder.Postmaster() is null)
                    throw Failed(folder, logFrom);
                var waited = (Environment.TickCount64 - began) / 1000;
                if (waited > 600)
                    throw new LabException($"PostgreSQL in {folder.Data} has not become ready in ten minutes; its log is {folder.Log}", 3);
                if (waited - told >= 5)
                    say($"waiting for PostgreSQL ({told = waited} s; after a crash it first replays its log) …");
            }
        }
    }

    private static Exception Failed(PostgresFolder folder, long logFrom)
    {
        var log = folder.LogSince(logFrom);
        if (log.Contains("Address already in use", StringComparison.Ordinal))
            return new PortTakenException();
        if (log.Contains("No space left", StringComparison.Ordinal))
            return folder.DiskFull();
        if (log.Contains("incompatible with server", StringComparison.Ordinal) || log.Contains("not compatible with this version", StringComparison.Ordinal))
            return new LabException($"The database in {folder.Data} was made by another version of PostgreSQL: {LastLine(log)}", 3);
        return new LabException($"PostgreSQL in {folder.Data} does not start: {LastLine(log)} Its log is {folder.Log}", 3);
    }

    /// <summary>The line that says why: the last FATAL or PANIC, else the last.</summary>
    private static string LastLine(string log)
    {
        var lines = log.Trim().Split('\n');
        return lines.LastOrDefault(l => l.Contains("FATAL:", StringComparison.Ordinal) || l.Contains("PANIC:", StringComparison.Ordinal)) ?? lines[^1];
    }

    private sealed class PortTakenException : Exception;
}
