using SggLab.Contracts;
using SggLab.Contracts.Specs;

namespace SggLab.Modeling.Tests;

public sealed class SamplingSettingsTests
{
    [Fact]
    public void The_least_temperature_of_a_run_is_the_least_that_can_be_drawn_at()
    {
        At(GrpoSettings.LeastTemperature).Check();
        Should.Throw<LabException>(At(Math.BitDecrement(GrpoSettings.LeastTemperature)).Check);
    }

    private static SamplingSettings At(double temperature) => new() { MaxNewTokens = 1, Temperature = temperature };
}
