namespace SggLab.Datasets.Tests;

public class PythonDumpsTests
{
    [Theory]
    [InlineData(0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(17, "17.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.7390625000000001, "0.7390625000000001")]
    [InlineData(1e15, "1000000000000000.0")]
    [InlineData(1e16, "1e+16")]
    [InlineData(123456789012345680, "1.2345678901234568e+17")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(-1.5e-7, "-1.5e-07")]
    [InlineData(1e100, "1e+100")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(9999999999999998, "9999999999999998.0")]
    public void Floats_are_written_as_python_writes_them(double value, string text) => PythonDumps.Float(value).ShouldBe(text);

    [Fact]
    public void Text_is_escaped_to_ascii() => PythonDumps.Text("a\"\\\n\té😀\u007f").ShouldBe("\"a\\\"\\\\\\n\\t\\u00e9\\ud83d\\ude00\\u007f\"");
}
