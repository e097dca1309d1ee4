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
}
