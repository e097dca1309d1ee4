using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SggLab.Tracking.Telemetry;

/// <summary>Columns of little-endian float64 and int32 as bytea. A missing value is a NaN of its own bit pattern; every other NaN was measured.</summary>
internal static class Float64Columns
{
    private const long Missing = 0x7FF8_0000_5347_474C;
    private static readonly long MeasuredNaN = BitConverter.DoubleToInt64Bits(double.NaN);

    public static byte[] Pack(IReadOnlyList<double?> values)
    {
        var bytes = new byte[values.Count * sizeof(double)];
        for (var i = 0; i < values.Count; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(double)), BitsOf(values[i]));
        return bytes;
    }

    public static double?[] Unpack(ReadOnlySpan<byte> bytes)
    {
        var values = new double?[bytes.Length / sizeof(double)];
        for (var i = 0; i < values.Length; i++)
        {
            var bits = BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(double))..]);
            values[i] = bits == Missing ? null : BitConverter.Int64BitsToDouble(bits);
        }
        return values;
    }

    public static byte[] PackSteps(IReadOnlyList<int> steps)
    {
        var bytes = new byte[steps.Count * sizeof(int)];
        for (var i = 0; i < steps.Count; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), steps[i]);
        return bytes;
    }

    public static int[] UnpackSteps(ReadOnlySpan<byte> bytes)
    {
        var steps = MemoryMarshal.Cast<byte, int>(bytes).ToArray();
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(steps, steps);
        return steps;
    }

    private static long BitsOf(double? value) => value switch
    {
        null => Missing,
        { } v when double.IsNaN(v) => MeasuredNaN,
        { } v => BitConverter.DoubleToInt64Bits(v),
    };
}
