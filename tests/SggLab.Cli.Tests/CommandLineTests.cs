using System.CommandLine;
using Shouldly;
using Xunit;

namespace SggLab.Cli.Tests;

public sealed class CommandLineTests
{
    public static TheoryData<string> Commands => [.. Paths(CommandLine.Root(), "")];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_answers_help(string path)
    {
        var help = new StringWriter();

        var exit = await CommandLine.Root().Parse($"{path} --help").InvokeAsync(new InvocationConfiguration { Output = help }, TestContext.Current.CancellationToken);

        exit.ShouldBe(0);
        help.ToString().ShouldContain("Usage:");
        help.ToString().ShouldContain(path);
    }

    [Fact]
    public void No_two_commands_share_a_name() =>
        Paths(CommandLine.Root(), "").ShouldBeUnique();

    [Theory]
    [InlineData("run shw", "'shw' is no command of `run`. Did you mean 'show'?")]
    [InlineData("runs list", "'runs' is no command of sgglab. Did you mean 'run'?")]
    [InlineData("leaderbord --json", "'leaderbord' is no command of sgglab. Did you mean 'leaderboard'?")]
    [InlineData("up --detatch", "'--detatch' is no option of `up`. Did you mean '--detach'?")]
    [InlineData("run show --jsn", "'--jsn' is no option of `run show`. Did you mean '--json'?")]
    [InlineData("run show --jsn 7f3a9k2m1c", "'--jsn' is no option of `run show`. Did you mean '--json'?")]
    [InlineData("run show 7f3a9k2m1c extra", "`run show` takes ID and no more; 'extra' is too many.")]
    [InlineData("down now", "`down` takes no argument; given was 'now'.")]
    [InlineData("model zzzzzzzz", "'zzzzzzzz' is no command of `model`. Its commands are ")]
    public void A_word_that_is_not_understood_is_named_with_the_nearest(string line, string expected) =>
        WrongWord.Explain(CommandLine.Root().Parse(line)).ShouldNotBeNull().ShouldStartWith(expected);

    [Theory]
    [InlineData("run show 7f3a9k2m1c --json")]
    [InlineData("run queue -")]
    [InlineData("run show -- --name")]
    [InlineData("up --workers -1")]
    public void Words_that_are_understood_are_left_alone(string line) => WrongWord.Explain(CommandLine.Root().Parse(line)).ShouldBeNull();

    private static IEnumerable<string> Paths(Command parent, string prefix) =>
        parent.Subcommands.Where(command => !command.Hidden).SelectMany(command => Paths(command, $"{prefix}{command.Name} ").Prepend(prefix + command.Name));
}
