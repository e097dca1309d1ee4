using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using SggLab.Postgres;
using SggLab.PostgresFixture;

namespace SggLab.Cli.Tests.Site;

public sealed class BadInputTests : IDisposable
{
    private readonly Sgglab _sgglab = new();

    public void Dispose() => _sgglab.Dispose();

    [Fact]
    public async Task A_busy_port_is_named_with_who_holds_it_and_another_to_take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var said = (await _sgglab.RunAsync("up", "--detach", "--json", "--port", $"{port}")).ShouldComplain(2);

        said.ShouldContain($"Port {port} is in use by process {Environment.ProcessId}");
        said.ShouldContain($"--port {port + 1}");
        Directory.Exists(Path.Combine(_sgglab.Home, "postgres")).ShouldBeFalse("nothing is made before the port is known to be free");
    }

    [Fact]
    public async Task A_wrong_password_names_server_and_user_and_never_the_password()
    {
        var wrong = new NpgsqlConnectionStringBuilder(await PostgresServer.ConnectionStringForNewDatabaseAsync("bad_input")) { Password = "not-the-password" };

        var said = (await _sgglab.RunAsync("up", "--detach", "--postgres", wrong.ConnectionString)).ShouldComplain(3);

        said.ShouldContain($"PostgreSQL at {wrong.Host}:{wrong.Port} refuses user \"{wrong.Username}\"");
        said.ShouldContain("--postgres");
        said.ShouldNotContain("not-the-password");
        // Nothing of the start that failed misleads what comes after it.
        File.Exists(Path.Combine(_sgglab.Home, "site.json")).ShouldBeFalse();
        (await _sgglab.RunAsync("run", "list")).ShouldComplain(3).ShouldContain("No site has been started");
        (await _sgglab.RunAsync("status")).Output.ShouldContain("not started; ./sgglab up starts it");
    }

    [Fact]
    public async Task A_site_file_that_a_killed_up_left_is_not_taken_for_the_new_one()
    {
        Directory.CreateDirectory(_sgglab.Home);
        var file = Path.Combine(_sgglab.Home, "site.json");
        await File.WriteAllTextAsync(file, $$"""{"url":"http://127.0.0.1:{{FreePort()}}","state":"ready","postgres":{"kind":"local","version":"15"} }""", TestContext.Current.CancellationToken);

        (await _sgglab.RunAsync("up", "--detach", "--json", "--postgres", $"Host=127.0.0.1;Port={FreePort()};Username=x;Password=y;Timeout=3")).ShouldComplain(3).ShouldContain("No PostgreSQL answers");

        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldContain("\"stopped\"");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_named()
    {
        var said = (await _sgglab.RunAsync("db", "migrate", "--postgres", $"Host=127.0.0.1;Port={FreePort()};Username=x;Password=y;Timeout=3")).ShouldComplain(3);

        said.ShouldContain("No PostgreSQL answers at 127.0.0.1:");
    }

    [Theory]
    [InlineData("Host=localhost;Colour=green", "cannot be read")]
    [InlineData("Username=x", "names no host")]
    [InlineData("postgres://[", "cannot be read")]
    public async Task A_connection_string_that_is_none_is_answered_with_the_form_of_one(string given, string expected)
    {
        var said = (await _sgglab.RunAsync("db", "migrate", "--postgres", given)).ShouldComplain(2);

        said.ShouldContain(expected);
        said.ShouldContain("Host=");
    }

    [Fact]
    public async Task A_database_of_a_newer_release_is_left_alone()
    {
        var database = await PostgresServer.ConnectionStringForNewDatabaseAsync("bad_input");
        await using var source = NpgsqlDataSource.Create(database);
        await ExecuteAsync(source, "create schema lab; create table lab.schema_version (version int primary key, script text not null, applied_at timestamptz not null default now()); insert into lab.schema_version values (999, 'from the future')");

        var said = (await _sgglab.RunAsync("db", "migrate", "--postgres", database)).ShouldComplain(2);

        said.ShouldContain("schema version 999, made by a newer release");
        (await TablesAsync(source)).ShouldBe(["schema_version"], "nothing may be half-written");
    }

    [Fact]
    public async Task No_disk_space_is_said_before_anything_is_started()
    {
        // A small file system where this account may mount one, else a limit that no disk meets.
        var home = Path.Combine(_sgglab.Folder, "small");
        Directory.CreateDirectory(home);
        var mounted = (await CommandRun.RunAsync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", home], TimeSpan.FromSeconds(10), cancel: TestContext.Current.CancellationToken)).Succeeded;
        if (!mounted)
            _sgglab.Environment["SGGLAB_MIN_FREE_MB"] = (1L << 40).ToString(CultureInfo.InvariantCulture);
        try
        {
            var said = (await _sgglab.RunAsync("up", "--detach", "--home", home)).ShouldComplain(3);

            said.ShouldContain($"No disk space: {home} has");
            said.ShouldContain("--home");
            Directory.Exists(Path.Combine(home, "postgres")).ShouldBeFalse();
        }
        finally
        {
            if (mounted)
                await CommandRun.RunAsync("umount", [home], TimeSpan.FromSeconds(10), cancel: TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_home_that_cannot_be_made_is_named()
    {
        var file = Path.Combine(_sgglab.Folder, "a-file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        var said = (await _sgglab.RunAsync("up", "--detach", "--home", Path.Combine(file, "home"))).ShouldComplain(3);

        said.ShouldContain($"The home folder {file}/home cannot be written");
    }

    [Fact]
    public async Task No_PostgreSQL_is_answered_with_the_ways_to_one()
    {
        _sgglab.Environment["SGGLAB_POSTGRES_BIN"] = _sgglab.Folder;
        _sgglab.Environment["DOCKER_HOST"] = $"tcp://127.0.0.1:{FreePort()}";

        var said = (await _sgglab.RunAsync("db", "migrate")).ShouldComplain(3);

        said.ShouldContain("No PostgreSQL to be had");
        said.ShouldContain("SGGLAB_POSTGRES");
        said.ShouldContain("Docker");
        said.ShouldContain("apt-get install");
    }

    [Fact]
    public async Task A_data_folder_of_another_major_version_is_left_alone_and_named()
    {
        var data = Path.Combine(_sgglab.Home, "postgres", "data");
        Directory.CreateDirectory(data);
        await File.WriteAllTextAsync(Path.Combine(data, "PG_VERSION"), "9\n", TestContext.Current.CancellationToken);

        var said = (await _sgglab.RunAsync("db", "migrate")).ShouldComplain(3);

        said.ShouldContain($"The database in {data} was made by PostgreSQL 9");
        said.ShouldContain("move");
        Directory.GetFiles(data).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_database_whose_password_file_is_gone_is_not_overwritten()
    {
        (await _sgglab.RunAsync("db", "migrate")).ExitCode.ShouldBe(0);
        File.Delete(Path.Combine(_sgglab.Home, "postgres", "password"));

        var said = (await _sgglab.RunAsync("db", "migrate")).ShouldComplain(3);

        said.ShouldContain("that file is gone");
        said.ShouldContain(Path.Combine(_sgglab.Home, "postgres", "password"));
    }

    [Theory]
    [InlineData("up --port 99999", "is no port")]
    [InlineData("up --workers -1", "out of range")]
    [InlineData("up --port five", "'five'")]
    [InlineData("upp", "'upp'")]
    [InlineData("runs list", "'runs' is no command of sgglab. Did you mean 'run'?")]
    [InlineData("up --detatch", "'--detatch'")]
    [InlineData("logs", "There are no logs")]
    public async Task Wrong_use_gets_one_message(string line, string expected)
    {
        var result = await _sgglab.RunAsync(line.Split(' '));

        result.ExitCode.ShouldBeOneOf(1, 2);
        result.ShouldComplain(result.ExitCode).ShouldContain(expected);
    }

    [Fact]
    public async Task A_damaged_run_file_is_answered_with_line_and_field()
    {
        var file = Path.Combine(_sgglab.Folder, "damaged.yaml");
        await File.WriteAllTextAsync(file, "experiment: mine\nruns:\n  - name: first\n    method: sft\n    sede: 7\n", TestContext.Current.CancellationToken);

        var said = (await _sgglab.RunAsync("run", "validate", file)).ShouldComplain(2);

        said.ShouldContain("damaged.yaml");
        said.ShouldContain("sede");
        said.ShouldContain("5");
    }

    [Fact]
    public async Task A_model_folder_that_is_none_is_not_queued()
    {
        var model = Directory.CreateDirectory(Path.Combine(_sgglab.Folder, "model")).FullName;
        var file = Path.Combine(_sgglab.Folder, "run.yaml");
        await File.WriteAllTextAsync(file, $$"""
            experiment: mine
            runs:
              - name: first
                method: evaluate
                seed: 1
                model: { folder: {{model}} }
                data: { vocabulary: synthetic, test: /nowhere }
                protocol: { name: p, prompt: open, system_prompt: none, min_pixels: 3136, max_pixels: 50176, max_new_tokens: 64, box_frame: thousand, answer_parser: reference, dataset: synthetic, split: test }
            """, TestContext.Current.CancellationToken);

        var said = (await _sgglab.RunAsync("run", "queue", file)).ShouldComplain(2);

        said.ShouldContain("runs[0].model.folder");
        said.ShouldContain($"{model} has no config.json");
    }

    [Theory]
    [InlineData("status --json")]
    [InlineData("run list")]
    [InlineData("leaderboard --json")]
    public async Task A_server_that_is_no_address_is_named_by_every_command(string line)
    {
        _sgglab.Environment["SGGLAB_SERVER"] = "not a url";

        (await _sgglab.RunAsync(line.Split(' '))).ShouldComplain(2).ShouldContain("SGGLAB_SERVER not a url is not a web address");
    }

    [Fact]
    public async Task Doctor_looks_at_the_named_server_and_makes_no_database()
    {
        var missing = new NpgsqlConnectionStringBuilder(await PostgresServer.ConnectionStringForNewDatabaseAsync("doctor")) { Database = $"sgglab_missing_{System.Environment.ProcessId}" };
        _sgglab.Environment["SGGLAB_POSTGRES"] = missing.ConnectionString;

        var first = await _sgglab.RunAsync("doctor", "--json");
        var second = await _sgglab.RunAsync("doctor", "--json");

        first.Output.ShouldContain("named by SGGLAB_POSTGRES; it lacks the database");
        WithoutFreeSpace(second.Output).ShouldBe(WithoutFreeSpace(first.Output), "nothing was made");

        // Others write to the same disk meanwhile.
        static string WithoutFreeSpace(string output) => System.Text.RegularExpressions.Regex.Replace(output, @"[\d.]+ GB free", "");
    }

    [Fact]
    public async Task Doctor_sees_that_the_server_of_last_time_is_away()
    {
        Directory.CreateDirectory(_sgglab.Home);
        await File.WriteAllTextAsync(Path.Combine(_sgglab.Home, "postgres-connection"), "Host=127.0.0.1;Port=1;Username=x;Password=secret;Timeout=3\n", TestContext.Current.CancellationToken);

        var doctor = await _sgglab.RunAsync("doctor", "--json");

        doctor.ExitCode.ShouldBe(1, doctor.Output);
        doctor.Output.ShouldContain("No PostgreSQL answers at 127.0.0.1:1");
        doctor.Output.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_rebuild_of_something_that_is_none_is_refused()
    {
        _sgglab.Environment["SGGLAB_POSTGRES"] = await PostgresServer.ConnectionStringForNewDatabaseAsync("rebuild");

        (await _sgglab.RunAsync("rebuild", "runs", "--check")).ShouldComplain(2).ShouldContain("queue, access, life, curves");
    }

    [Fact]
    public async Task Status_of_a_site_that_never_ran_is_a_document_all_the_same()
    {
        var result = await _sgglab.RunAsync("status", "--json");

        result.ExitCode.ShouldBe(0);
        result.Output.ShouldContain("\"ready\":false");
        result.Output.ShouldContain("./sgglab up");
    }

    [Fact]
    public async Task Down_of_a_site_that_never_ran_is_no_error()
    {
        var result = await _sgglab.RunAsync("down");

        result.ExitCode.ShouldBe(0);
        result.Error.ShouldContain("nothing to stop");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<string>> TablesAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("select tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')");
        await using var reader = await command.ExecuteReaderAsync();
        var tables = new List<string>();
        while (await reader.ReadAsync())
            tables.Add(reader.GetString(0));
        return tables;
    }
}
