using SggLab.Cli.Site;
using SggLab.Postgres;

namespace SggLab.Cli.Tests.Site;

/// <summary>The launcher script in a small repository of its own, with a dotnet that writes down how it was called.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgglab-launcher-");
    private readonly string _repository, _calls;

    public LauncherTests()
    {
        _repository = Path.Combine(_folder.FullName, "my repository");
        _calls = Path.Combine(_folder.FullName, "calls");
        foreach (var root in new[] { "src/Area", "web", "workers", "tests" })
            Directory.CreateDirectory(Path.Combine(_repository, root));
        foreach (var file in new[] { "SggLab.sln", "SggLab.App.slnf", "global.json", "src/Area/Thing.cs" })
            File.WriteAllText(Path.Combine(_repository, file), "");
        File.Copy(Path.Combine(LabHome.Repository, "sgglab"), Path.Combine(_repository, "sgglab"));
        Dotnet("10.0.100");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_first_call_builds_and_the_second_only_runs()
    {
        var first = await RunAsync("status", "--json");
        var second = await RunAsync("status", "--json");

        first.Error.ShouldContain("for the first time");
        first.Output.ShouldBe("ran status --json\n", "standard output belongs to the command");
        second.Output.ShouldBe("ran status --json\n");
        second.Error.ShouldBeEmpty();
        Builds.ShouldBe(1);
    }

    [Theory]
    [InlineData("echo change >src/Area/Thing.cs")]
    [InlineData("rm src/Area/Thing.cs")]
    [InlineData("touch src/Area/New.cs")]
    [InlineData("touch global.json")]
    [InlineData("touch web/page.razor")]
    public async Task A_change_in_what_the_program_is_made_of_builds_again(string change)
    {
        await RunAsync("status");
        await ShellAsync("sleep 0.02; " + change);

        await RunAsync("status");

        Builds.ShouldBe(2);
    }

    [Fact]
    public async Task A_change_in_a_test_builds_again_only_for_the_tests()
    {
        await RunAsync("test");
        await ShellAsync("sleep 0.02; touch tests/NewTests.cs");
        await RunAsync("status");
        Builds.ShouldBe(1);

        await RunAsync("test");

        Builds.ShouldBe(2);
        (await File.ReadAllTextAsync(_calls, TestContext.Current.CancellationToken)).ShouldContain("SggLab.sln");
    }

    [Fact]
    public async Task Help_waits_for_the_first_build_alone_and_never_for_that_of_the_tests()
    {
        (await RunAsync("test", "--help")).Output.ShouldBe("ran test --help\n");
        (await File.ReadAllTextAsync(_calls, TestContext.Current.CancellationToken)).ShouldNotContain("SggLab.sln ");
        await ShellAsync("sleep 0.02; touch src/Area/Thing.cs");

        (await RunAsync("test", "--help")).Output.ShouldBe("ran test --help\n");
        (await RunAsync("up", "-h")).Output.ShouldBe("ran up -h\n");
        (await RunAsync()).ExitCode.ShouldBe(0);
        Builds.ShouldBe(1);
        await RunAsync("status", "--", "--help");
        Builds.ShouldBe(2, "after -- no word asks for help");
    }

    [Fact]
    public async Task A_closed_descriptor_is_taken_by_no_other_file()
    {
        var closed = await CommandRun.RunAsync("/bin/sh", ["-c", $"'{_repository}/sgglab' descriptors <&- >&- 2>&-"], TimeSpan.FromMinutes(1), s_environment(_folder.FullName), cancel: TestContext.Current.CancellationToken);

        closed.ExitCode.ShouldBe(0);
        (await File.ReadAllLinesAsync(_calls, TestContext.Current.CancellationToken))[^3..].ShouldBe(["/dev/null", "/dev/null", "/dev/null"]);
    }

    [Fact]
    public async Task Two_calls_at_once_build_once()
    {
        Dotnet("10.0.100", "sleep 0.5");

        var both = await Task.WhenAll(RunAsync("status"), RunAsync("status"));

        both.ShouldAllBe(r => r.ExitCode == 0);
        both.ShouldContain(r => r.Error.Contains("waiting for another build"));
        Builds.ShouldBe(1);
    }

    [Fact]
    public async Task A_build_that_fails_shows_its_errors_and_runs_nothing()
    {
        Dotnet("10.0.100", "echo 'Thing.cs(3,1): error CS1002: ; expected'; exit 1");

        var result = await RunAsync("status");

        result.ExitCode.ShouldBe(3);
        result.Error.ShouldContain("error CS1002: ; expected");
        result.Error.ShouldContain("build.log");
        result.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_build_that_failed_is_tried_again()
    {
        Dotnet("10.0.100", "exit 1");
        await RunAsync("status");
        Dotnet("10.0.100");

        (await RunAsync("status")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Without_the_SDK_it_says_how_to_get_it()
    {
        Dotnet("8.0.412");

        var result = await RunAsync("status");

        result.ExitCode.ShouldBe(3);
        result.Error.ShouldContain("needs the .NET 10 SDK; found 8.0.412");
        result.Error.ShouldContain("dotnet-install.sh");
    }

    [Fact]
    public async Task A_site_runs_from_a_copy_that_a_later_build_leaves_alone()
    {
        Dotnet("10.0.100", "echo old >'" + Program + "'");
        (await RunAsync("up")).Output.ShouldBe("ran up\n");
        var copy = Directory.GetFiles(Path.Combine(_repository, "artifacts", "run"), "sgglab.dll", SearchOption.AllDirectories).ShouldHaveSingleItem();
        Dotnet("10.0.100", "echo new >'" + Program + "'");
        await ShellAsync("sleep 0.02; touch src/Area/Thing.cs");

        await RunAsync("status");

        (await File.ReadAllTextAsync(Program, TestContext.Current.CancellationToken)).ShouldBe("new\n");
        (await File.ReadAllTextAsync(copy, TestContext.Current.CancellationToken)).ShouldBe("old\n");
    }

    [Fact]
    public async Task The_commands_exit_code_comes_through()
    {
        (await RunAsync("exit-7")).ExitCode.ShouldBe(7);
    }

    private string Program => Path.Combine(_repository, "artifacts/bin/SggLab.Cli/release/sgglab.dll");

    private int Builds => File.ReadLines(_calls).Count(l => l.StartsWith("build", StringComparison.Ordinal));

    /// <summary>A dotnet with one SDK; its build runs the given shell lines, then leaves a program behind.</summary>
    private void Dotnet(string sdk, string build = "")
    {
        var bin = Directory.CreateDirectory(Path.Combine(_folder.FullName, "bin")).FullName;
        foreach (var tool in new[] { "bash", "sh", "dirname", "readlink", "tr", "cat", "find", "flock", "grep", "mkdir", "mv", "cp", "kill", "sleep", "sort", "head", "tail", "id", "cut", "paste", "touch", "rm" })
            if (!File.Exists(Path.Combine(bin, tool)))
                File.CreateSymbolicLink(Path.Combine(bin, tool), File.Exists("/usr/bin/" + tool) ? "/usr/bin/" + tool : "/bin/" + tool);
        var script = $$"""
            #!/bin/sh
            case "$1" in
              --list-sdks) echo "{{sdk}} [/nowhere]" ;;
              build)
                echo "$@" >>'{{_calls}}'
                mkdir -p '{{Path.GetDirectoryName(Program)}}'
                {{build}}
                touch '{{Program}}' ;;
              *sgglab.dll) shift; case "$1" in exit-7) exit 7 ;; descriptors) open=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); echo "$open" >>'{{_calls}}' ;; esac; echo "ran $*" ;;
            esac
            """;
        File.WriteAllText(Path.Combine(bin, "dotnet"), script);
        File.SetUnixFileMode(Path.Combine(bin, "dotnet"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private Task<CommandResult> RunAsync(params string[] arguments) =>
        CommandRun.RunAsync(Path.Combine(_repository, "sgglab"), arguments, TimeSpan.FromMinutes(1), s_environment(_folder.FullName), cancel: TestContext.Current.CancellationToken);

    private async Task ShellAsync(string script) =>
        (await CommandRun.RunAsync("/bin/sh", ["-c", $"cd '{_repository}'; {script}"], TimeSpan.FromSeconds(10), cancel: TestContext.Current.CancellationToken)).Succeeded.ShouldBeTrue();

    private static readonly Func<string, Dictionary<string, string?>> s_environment = folder => new()
    {
        ["PATH"] = Path.Combine(folder, "bin"),
        ["HOME"] = folder,
        ["DOTNET_ROOT"] = null,
        ["SGGLAB_NO_BUILD"] = null,
        ["SGGLAB_CUDA"] = null,
        ["SGGLAB_CONFIGURATION"] = null,
    };
}
