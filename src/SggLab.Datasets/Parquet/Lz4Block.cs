namespace SggLab.Datasets.Parquet;

/// <summary>A raw LZ4 block (parquet's LZ4_RAW), as lz4's block format document describes it.</summary>
internal static class Lz4Block
{
    public static void Decompress(ReadOnlySpan<byte> input, Span<byte> into)
    {
        int from = 0, to = 0;
        while (from < input.Length)
        {
            var token = input[from++];
            var literals = Extend(input, ref from, token >> 4);
            if (literals > input.Length - from || literals > into.Length - to) throw new InvalidDataException("the lz4 block is damaged");
            input.Slice(from, literals).CopyTo(into[to..]);
            from += literals;
            to += literals;
            if (from == input.Length) break;
            if (input.Length - from < 2) throw new InvalidDataException("the lz4 block ends early");
            var distance = input[from] | input[from + 1] << 8;
            from += 2;
            var length = Extend(input, ref from, token & 15) + 4;
            if (distance == 0 || distance > to || length > into.Length - to) throw new InvalidDataException("the lz4 block is damaged");
            for (var end = to + length; to < end; to++) into[to] = into[to - distance];
        }
        if (to != into.Length) throw new InvalidDataException("the lz4 block ends early");
    }

    private static int Extend(ReadOnlySpan<byte> input, ref int from, int length)
    {
        if (length != 15) return length;
        byte next;
        do
        {
            if (from >= input.Length) throw new InvalidDataException("the lz4 block ends early");
            next = input[from++];
            length = checked(length + next);
        }
        while (next == 255);
        return length;
    }
}
