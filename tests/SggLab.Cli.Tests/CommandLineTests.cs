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

    private static IEnumerable<string> Paths(Command parent, string prefix) =>
        parent.Subcommands.Where(command => !command.Hidden).SelectMany(command => Paths(command, $"{prefix}{command.Name} ").Prepend(prefix + command.Name));
}
