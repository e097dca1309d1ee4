using System.Reflection;

namespace SggLab.Cli.Tests;

public sealed class FileTroubleTests
{
    [Theory]
    [InlineData(28, 3, "Free some space")]
    [InlineData(30, 2, "a disk that can be written")]
    [InlineData(40, 2, "Check the path")]
    public void What_the_kernel_refuses_is_said_with_the_path_and_what_to_do(int number, int code, string remedy)
    {
        var refused = FileTrouble.InWords(new IOException("Refused : '/some/file'", number)).ShouldNotBeNull();

        refused.Message.ShouldContain("/some/file");
        refused.Message.ShouldContain(remedy);
        refused.ExitCode.ShouldBe(code);
    }

    [Fact]
    public void A_bug_is_no_trouble_with_files()
    {
        FileTrouble.InWords(new InvalidOperationException()).ShouldBeNull();
        FileTrouble.InWords(new EndOfStreamException()).ShouldBeNull();
    }

    [Fact]
    public void A_missing_assembly_is_no_wrong_path_of_the_user()
    {
        var missing = Should.Throw<FileNotFoundException>(() => Assembly.Load("YamlDotNet.Missing, Version=16.0.0.0, Culture=neutral, PublicKeyToken=ec19458f3c15af5e"));

        FileTrouble.InWords(missing).ShouldBeNull();
        FileTrouble.InWords(new FileNotFoundException("Could not find file '/some/file'.", "/some/file")).ShouldNotBeNull().Message.ShouldContain("Check the path");
    }
}
