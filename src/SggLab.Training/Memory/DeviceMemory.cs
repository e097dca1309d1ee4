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

    /// <summary>What the driver's own tool says of the GPU that libtorch will call its first: libtorch's own figures are not wrapped.</summary>
    private static double? OfGpu()
    {
        try
        {
            using var tool = Process.Start(new ProcessStartInfo("nvidia-smi", ["--query-gpu=index,uuid,memory.free", "--format=csv,noheader,nounits"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var table = tool.StandardOutput.ReadToEnd();
            return tool.WaitForExit(10_000) ? FirstVisible(table, Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES")) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Bytes free on the first GPU that CUDA lets a process see.</summary>
    /// <param name="table">Lines of index, UUID and free MiB; the tool lists all GPUs whatever is visible.</param>
    /// <param name="visible">CUDA_VISIBLE_DEVICES: indices, or the beginnings of UUIDs; null where it is not set. A slice of a GPU (MIG-…) is in no line.</param>
    internal static double? FirstVisible(string table, string? visible)
    {
        var first = visible is null ? "0" : visible.Split(',')[0].Trim();
        var cells = table.Split('\n').Select(line => line.Split(',', StringSplitOptions.TrimEntries)).Where(cells => cells.Length == 3)
            .FirstOrDefault(cells => cells[0] == first || (first.StartsWith("GPU-", StringComparison.Ordinal) && cells[1].StartsWith(first, StringComparison.Ordinal)));
        return cells is not null && double.TryParse(cells[2], NumberStyles.Float, CultureInfo.InvariantCulture, out var mebibytes) ? mebibytes * (1 << 20) : null;
    }
}
