using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;
using SggLab.Postgres;

namespace SggLab.Cli.Tests;

public sealed class OutputPipeTests : IDisposable
{
    private static readonly string s_tiny = Path.Combine(LabHome.Repository, "tests", "golden", "qwen", "qwen2-vl-tiny");

    private readonly Sgglab _sgglab = new();

    public void Dispose() => _sgglab.Dispose();

    [Fact]
    public async Task A_command_ends_quietly_when_the_reader_of_its_output_has_left()
    {
        var answer = await ShellAsync($"yes '\"a\"' 2>/dev/null | dotnet '{Sgglab.Program}' tokenizer encode --model '{s_tiny}' | head -n 1; echo ${{PIPESTATUS[1]}}");

        var lines = answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldMatch(@"^\[\d+\]$");
        lines[1].ShouldBe("141");
        answer.Error.ShouldBeEmpty();
        Directory.Exists(_sgglab.Home).ShouldBeFalse("there is no error to keep");
    }

    [Fact]
    public async Task A_closed_standard_input_is_named_by_a_command_that_reads_it()
    {
        // What the launcher puts in the place of a closed one.
        var answer = await ShellAsync($"dotnet '{Sgglab.Program}' tokenizer encode --model '{s_tiny}' 0>/dev/null");

        answer.ShouldComplain(2).ShouldContain("The standard input is closed");
    }

    private Task<CommandResult> ShellAsync(string line) => CommandRun.RunAsync("bash", ["-c", line], TimeSpan.FromMinutes(1),
        new Dictionary<string, string?> { ["SGGLAB_HOME"] = _sgglab.Home }, cancel: TestContext.Current.CancellationToken);
}
