using System.Diagnostics;
using System.Globalization;
using SggLab.Cli.Site;
using SggLab.Cli.Tests.Site;

namespace SggLab.Cli.Tests;

public sealed class StopSignalsTests
{
    [Fact]
    public void A_cancellation_without_a_signal_is_no_stop_but_an_error()
    {
        using var stop = new StopSignals(null, isTold: true);

        stop.IsAsked.ShouldBeFalse();
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_stopped_command_ends_soon_with_the_signals_code_and_a_line_about_what_is_kept(string signal, int code)
    {
        var cancel = TestContext.Current.CancellationToken;
        // Whoever runs the tests in the background has SIGINT ignored.
        using var parity = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT,TERM", "dotnet", Sgglab.Program, "parity", Path.Combine(LabHome.Repository, "tests", "golden", "qwen")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await parity.StandardOutput.ReadLineAsync(cancel);
        using (var kill = Process.Start("kill", [$"-{signal}", parity.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(cancel);
        var clock = Stopwatch.StartNew();
        var (said, _) = (parity.StandardError.ReadToEndAsync(cancel), parity.StandardOutput.ReadToEndAsync(cancel));
        await parity.WaitForExitAsync(cancel);

        parity.ExitCode.ShouldBe(code);
        (await said).ShouldBe("sgglab: stopped; what was compared stands above, the rest was not.\n");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }
}
