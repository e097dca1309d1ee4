using System.Globalization;
using SggLab.Contracts;
using SggLab.Modeling;
using SggLab.Training.Memory;

namespace SggLab.Cli.Models;

/// <summary>Whether this machine can hold a model that is to be made: looked at before the first weight is drawn.</summary>
internal static class RoomForModel
{
    /// <param name="configFile">What messages call the configuration.</param>
    /// <param name="folder">Where the model is to lie; need not exist.</param>
    /// <exception cref="LabException">Memory or disk has less.</exception>
    public static void Require(ModelConfig config, string configFile, string folder)
    {
        var parameters = ParameterCount.Of(config);
        // Weights are drawn in f32 and all are there before the first is written.
        var (inMemory, onDisk) = (4 * parameters, (config.DataType is "bfloat16" or "float16" ? 2 : 4) * parameters);
        Compare(inMemory, DeviceMemory.OfHost(), "of memory", "this machine has");
        var (disk, free) = FreeSpace.Under(folder);
        Compare(onDisk, free, "of disk", $"{disk} has");

        void Compare(double needed, double? left, string what, string place)
        {
            if (needed <= left || left is null)
                return;
            var largest = ParameterCount.Parts(config).MaxBy(part => part.Parameters)!;
            throw new LabException(string.Create(CultureInfo.InvariantCulture, $"{configFile}: the model would have {Count(parameters)} parameters, which take {Size(needed)} {what}; {place} {Size(left.Value)} free. ")
                + $"Make room, or make it smaller: most of it is {largest.Name}, so lower {string.Join(" or ", largest.Keys)}.", exitCode: 3);
        }
    }

    private static string Count(double number) => number < 1e15 ? string.Create(CultureInfo.InvariantCulture, $"{number:N0}") : string.Create(CultureInfo.InvariantCulture, $"{number:0.0e+0}");

    private static string Size(double bytes) => bytes switch
    {
        < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        < 1e15 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:N0} GB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes:0.0e+0} bytes"),
    };
}
