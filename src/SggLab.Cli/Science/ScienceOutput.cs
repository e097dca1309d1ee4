namespace SggLab.Cli.Science;

/// <summary>Standard output for many lines: buffered, with \n as line end.</summary>
internal static class ScienceOutput
{
    public static StreamWriter Open() => new((Stream?)OutputPipe.Open() ?? Console.OpenStandardOutput(), bufferSize: 1 << 16) { NewLine = "\n" };
}
