using SggLab.Postgres;

namespace SggLab.Cli.Tests.Postgres;

public sealed class RealPathTests : IDisposable
{
    private readonly string _folder = RealPath.Of(Directory.CreateTempSubdirectory("sgglab-real-path-").FullName);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("real", "real")]
    [InlineData("absolute", "real")]
    [InlineData("relative/inner", "real/inner")]
    [InlineData("chain/not/there/yet", "real/not/there/yet")]
    [InlineData("real/up/x", "x")]
    public void Links_on_the_way_are_followed(string given, string expected)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "real", "inner"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "absolute"), Path.Combine(_folder, "real"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "relative"), "real");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "chain"), "relative");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "real", "up"), "..");

        RealPath.Of(Path.Combine(_folder, given)).ShouldBe(Path.Combine(_folder, expected));
    }

    [Fact]
    public void A_link_to_itself_ends()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder, "loop"), "loop");

        RealPath.Of(Path.Combine(_folder, "loop")).ShouldBe(Path.Combine(_folder, "loop"));
    }
}
