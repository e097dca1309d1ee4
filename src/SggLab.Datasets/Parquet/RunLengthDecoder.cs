namespace SggLab.Datasets.Parquet;

/// <summary>Parquet's hybrid of run lengths and bit packing: definition levels and dictionary indices.</summary>
internal static class RunLengthDecoder
{
    /// <summary>Fills <paramref name="into"/>; throws InvalidDataException where the bytes end first.</summary>
    public static void Decode(ReadOnlySpan<byte> data, int bitWidth, Span<int> into)
    {
        if (bitWidth is < 0 or > 32) throw new InvalidDataException($"a bit width of {bitWidth}");
        if (bitWidth == 0)
        {
            into.Clear();
            return;
        }
        var position = 0;
        for (var done = 0; done < into.Length;)
        {
            var header = Varint(data, ref position);
            if ((header & 1) == 0)
            {
                var run = (int)Math.Min(header >> 1, (uint)(into.Length - done));
                into.Slice(done, run).Fill(Value(data, ref position, (bitWidth + 7) / 8));
                done += run;
                if (run == 0) throw new InvalidDataException("a run of no values");
                continue;
            }
            var packed = (header >> 1) * 8L;
            if (packed == 0) throw new InvalidDataException("a bit-packed run of no values");
            var take = (int)Math.Min(packed, into.Length - done);
            Unpack(data[position..], bitWidth, into.Slice(done, take));
            position = (int)Math.Min(data.Length, position + packed / 8 * bitWidth);
            done += take;
        }
    }

    /// <summary>Values of <paramref name="bitWidth"/> bits, lowest bit first.</summary>
    public static void Unpack(ReadOnlySpan<byte> data, int bitWidth, Span<int> into)
    {
        if (((long)into.Length * bitWidth + 7) / 8 > data.Length) throw new InvalidDataException("bit-packed values end early");
        ulong buffer = 0;
        int bits = 0, at = 0;
        var mask = (1UL << bitWidth) - 1;
        for (var i = 0; i < into.Length; i++)
        {
            while (bits < bitWidth)
            {
                buffer |= (ulong)data[at++] << bits;
                bits += 8;
            }
            into[i] = (int)(buffer & mask);
            buffer >>= bitWidth;
            bits -= bitWidth;
        }
    }

    private static int Value(ReadOnlySpan<byte> data, ref int position, int bytes)
    {
        if (bytes > data.Length - position) throw new InvalidDataException("run-length values end early");
        var value = 0;
        for (var i = 0; i < bytes; i++) value |= data[position++] << (8 * i);
        return value;
    }

    private static uint Varint(ReadOnlySpan<byte> data, ref int position)
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            if (position >= data.Length) throw new InvalidDataException("run-length values end early");
            var next = data[position++];
            value |= (uint)(next & 127) << shift;
            if (next < 128) return value;
        }
        throw new InvalidDataException("a run length of more than 5 bytes");
    }
}
