using System.Diagnostics;
using System.Globalization;

namespace SggLab.Training.Memory;

/// <summary>How much memory this machine has for a run.</summary>
public static class DeviceMemory
{
    /// <summary>Bytes that are free on the device, or null where that cannot be told.</summary>
    public static double? Free(string device) => device == "cuda" ? OfGpu() : OfHost();

    /// <summary>What Linux says could be had without swapping.</summary>
    public static double? OfHost()
    {
        const string file = "/proc/meminfo", name = "MemAvailable:";
        if (!File.Exists(file))
            return null;
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>What the driver's own tool says of the first GPU: libtorch's figures are not wrapped.</summary>
    private static double? OfGpu()
    {
        try
        {
            using var tool = Process.Start(new ProcessStartInfo("nvidia-smi", ["--query-gpu=memory.free", "--format=csv,noheader,nounits", "--id=0"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var text = tool.StandardOutput.ReadToEnd();
            return tool.WaitForExit(10_000) && double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var mebibytes) ? mebibytes * (1 << 20) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
