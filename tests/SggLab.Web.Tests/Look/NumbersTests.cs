using SggLab.Web.Look;

namespace SggLab.Web.Tests.Look;

public sealed class NumbersTests
{
    [Fact]
    public void Rates_are_percent_with_one_decimal()
    {
        Numbers.Percent(0.4567).ShouldBe("45.7%");
        Numbers.Percent(0).ShouldBe("0.0%");
        Numbers.Percent(-0.0001).ShouldBe("0.0%");
        Numbers.Percent(null).ShouldBe("–");
        Numbers.Percent(double.NaN).ShouldBe("–");
    }

    [Fact]
    public void An_interval_of_what_was_not_measured_is_a_dash()
    {
        Numbers.Interval(0.401, 0.463).ShouldBe("40.1–46.3%");
        Numbers.Interval(double.NaN, double.NaN).ShouldBe("–");
    }

    [Fact]
    public void A_difference_has_its_sign_and_nothing_has_none()
    {
        Numbers.Signed(0.0312).ShouldBe("+3.1");
        Numbers.Signed(-0.05).ShouldBe("−5.0");
        Numbers.Signed(0.0002).ShouldBe("0.0");
        Numbers.SignedInterval(-0.01, 0.02).ShouldBe("−1.0 to +2.0");
    }

    [Theory]
    [InlineData(0.000123, "1.23e−4")]
    [InlineData(12345678, "1.23e+7")]
    [InlineData(-0.5, "−0.5")]
    [InlineData(123.456, "123.5")]
    [InlineData(0, "0")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "−∞")]
    public void A_reading_has_about_four_digits(double value, string text) => Numbers.Reading(value).ShouldBe(text);

    [Fact]
    public void Times_are_told_from_now()
    {
        var now = Samples.Noon;
        Numbers.Ago(now.AddSeconds(-3), now).ShouldBe("just now");
        Numbers.Ago(now.AddSeconds(-42), now).ShouldBe("42 s ago");
        Numbers.Ago(now.AddHours(-5), now).ShouldBe("5 h ago");
        Numbers.Ago(now.AddDays(-3), now).ShouldBe("3 d ago");
        Numbers.Ago(now.AddMinutes(5), now).ShouldBe("in 5 min");
        Numbers.Exact(new DateTimeOffset(2026, 5, 4, 14, 0, 0, TimeSpan.FromHours(2))).ShouldBe("2026-05-04 12:00:00 UTC");
    }

    [Fact]
    public void Sizes_and_durations_take_the_unit_that_fits()
    {
        Numbers.Bytes(912).ShouldBe("912\u00a0B");
        Numbers.Bytes(3_312_000).ShouldBe("3.3\u00a0MB");
        Numbers.Duration(TimeSpan.FromSeconds(59.9)).ShouldBe("59 s");
        Numbers.Duration(TimeSpan.FromMinutes(61)).ShouldBe("1 h 01 min");
        Numbers.Duration(TimeSpan.FromSeconds(-5)).ShouldBe("0 s");
        Numbers.Count(1234567).ShouldBe("1\u202f234\u202f567");
    }
}
