namespace SggLab.Cli.Tests;

public sealed class CrashLogTests
{
    [Theory]
    [InlineData("up --postgres Host=db;Password=secret --detach", "up --postgres … --detach")]
    [InlineData("db migrate --postgres=Host=db;Password=secret", "db migrate --postgres=…")]
    [InlineData("up --postgres:Host=db;Password=secret", "up --postgres=…")]
    [InlineData("run show 7f3a --json", "run show 7f3a --json")]
    public void The_values_of_options_stay_out(string typed, string kept) =>
        CrashLog.WithoutValues(typed.Split(' ')).ShouldBe(kept);
}
