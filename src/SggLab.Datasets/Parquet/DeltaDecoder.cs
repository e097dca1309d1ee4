namespace SggLab.Datasets.Parquet;

/// <summary>Parquet's DELTA_BINARY_PACKED: blocks of bit-packed differences.</summary>
internal static class DeltaDecoder
{
    /// <summary>Decodes all values; <paramref name="used"/> is the number of bytes they took.</summary>
    public static long[] Decode(ReadOnlySpan<byte> data, int maximum, out int used)
    {
        var at = 0;
        var blockSize = (int)Math.Min(Varint(data, ref at), int.MaxValue);
        var miniblocks = (int)Math.Min(Varint(data, ref at), int.MaxValue);
        var count = (long)Varint(data, ref at);
        if (miniblocks == 0 || blockSize == 0 || blockSize % miniblocks != 0 || blockSize / miniblocks % 8 != 0 || count < 0 || count > maximum)
            throw new InvalidDataException("a delta-encoded page with an impossible header");
        var perMini = blockSize / miniblocks;
        var values = new long[count];
        var value = ZigZag(data, ref at);
        if (count > 0) values[0] = value;
        for (long done = 1; done < count;)
        {
            var minimum = ZigZag(data, ref at);
            var widths = at;
            at += miniblocks;
            if (at > data.Length) throw new InvalidDataException("delta-encoded values end early");
            for (var mini = 0; mini < miniblocks && done < count; mini++)
            {
                int width = data[widths + mini];
                if (width > 64) throw new InvalidDataException($"a delta bit width of {width}");
                var end = at + (long)perMini * width / 8;
                var take = Math.Min(perMini, count - done);
                if (at + (take * width + 7) / 8 > data.Length) throw new InvalidDataException("delta-encoded values end early");
                for (var i = 0; i < take; i++) values[done++] = value = unchecked(value + minimum + Bits(data, 8L * at + (long)i * width, width));
                at = (int)Math.Min(end, data.Length);
            }
        }
        used = at;
        return values;
    }

    private static long Bits(ReadOnlySpan<byte> data, long bit, int width)
    {
        ulong value = 0;
        for (var i = 0; i < width; i++, bit++)
            if ((data[(int)(bit >> 3)] >> (int)(bit & 7) & 1) != 0) value |= 1UL << i;
        return unchecked((long)value);
    }

    private static long ZigZag(ReadOnlySpan<byte> data, ref int at)
    {
        var raw = Varint(data, ref at);
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    private static ulong Varint(ReadOnlySpan<byte> data, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (at >= data.Length) throw new InvalidDataException("delta-encoded values end early");
            var next = data[at++];
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
        throw new InvalidDataException("a variable-length integer of more than 10 bytes");
    }
}
