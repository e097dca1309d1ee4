using System.Text;
using CsCheck;
using SggLab.Datasets.Parquet;

namespace SggLab.Datasets.Tests;

/// <summary>Encodings that no file at hand uses, against the examples of parquet's format document and an encoder written here.</summary>
public class ParquetEncodingTests
{
    [Fact]
    public void Equal_differences_take_no_bits() =>
        // Block of 8 in 1 miniblock, 5 values from 1; smallest difference 1, width 0.
        DeltaDecoder.Decode([8, 1, 5, 2, 2, 0], 5, out _).ShouldBe([1, 2, 3, 4, 5]);

    [Fact]
    public void Differences_of_two_bits_are_unpacked_lowest_first() =>
        // 7, 5, 3, 1, 2, 3, 4, 5: smallest difference -2, then 0, 0, 0, 3, 3, 3, 3 in two bits each.
        DeltaDecoder.Decode([8, 1, 8, 14, 3, 2, 0b1100_0000, 0b0011_1111], 8, out var used).ShouldBe([7, 5, 3, 1, 2, 3, 4, 5]);

    [Fact]
    public void Any_numbers_survive_delta_encoding() =>
        Gen.Long.Array[1, 300].Sample(numbers => DeltaDecoder.Decode(EncodeDelta(numbers), numbers.Length, out _).SequenceEqual(numbers), iter: 300);

    [Fact]
    public void Strings_that_share_beginnings_are_put_together()
    {
        string[] texts = ["axis", "axle", "babble", "babyhood", "", "babyhood"];
        var prefixes = new long[texts.Length];
        for (var i = 1; i < texts.Length; i++) prefixes[i] = texts[i].Zip(texts[i - 1]).TakeWhile(pair => pair.First == pair.Second).Count();
        byte[] page = [.. EncodeDelta(prefixes), .. EncodeDelta([.. texts.Select((text, i) => text.Length - prefixes[i])]), .. texts.SelectMany((text, i) => Encoding.UTF8.GetBytes(text[(int)prefixes[i]..]))];
        var values = new PageValues();
        page.CopyTo(values.Reserve(page.Length), 0);
        values.ReadDeltaStrings(texts.Length, 0, page.Length);
        Enumerable.Range(0, texts.Length).Select(i => Encoding.UTF8.GetString(values[i])).ShouldBe(texts);
    }

    [Fact]
    public void Runs_and_bit_packed_values_follow_each_other()
    {
        var values = new int[20];
        // Ten times 4 in a run, then 0 to 7 packed in three bits, then a run of 5.
        RunLengthDecoder.Decode([20, 4, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010, 4, 5], 3, values);
        values.ShouldBe([4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 0, 1, 2, 3, 4, 5, 6, 7, 5, 5]);
    }

    [Fact]
    public void Lz4_copies_from_what_it_has_written()
    {
        var into = new byte[10];
        // Two literals "ab", then eight bytes from two back; an empty last sequence.
        Lz4Block.Decompress([0x24, (byte)'a', (byte)'b', 2, 0, 0], into);
        Encoding.ASCII.GetString(into).ShouldBe("ababababab");
    }

    [Fact]
    public void Random_bytes_are_refused_or_read_but_never_crash()
    {
        var values = new PageValues();
        Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            Quiet(() => DeltaDecoder.Decode(bytes, 1000, out _));
            Quiet(() => RunLengthDecoder.Decode(bytes, 3, new int[100]));
            Quiet(() => Lz4Block.Decompress(bytes, new byte[64]));
            Quiet(() => ParquetFooter.Parse(bytes));
            Quiet(() => PageHeader.Parse(bytes));
            bytes.CopyTo(values.Reserve(bytes.Length), 0);
            Quiet(() => values.ReadDeltaStrings(10, 0, bytes.Length));
        }, iter: 3000);

        static void Quiet(Action read)
        {
            try
            {
                read();
            }
            catch (Exception e) when (e is InvalidDataException or ThriftException or OverflowException or ArgumentException or IndexOutOfRangeException)
            {
                // These become a message about the damaged column.
            }
        }
    }

    // Blocks of 128 in four miniblocks, all in 64 bits: large but simple.
    private static byte[] EncodeDelta(long[] numbers)
    {
        var bytes = new List<byte>();
        void Varint(ulong value)
        {
            for (; value >= 128; value >>= 7) bytes.Add((byte)(value | 128));
            bytes.Add((byte)value);
        }
        void ZigZag(long value) => Varint(unchecked((ulong)(value << 1 ^ value >> 63)));
        Varint(128);
        Varint(4);
        Varint((ulong)numbers.Length);
        ZigZag(numbers[0]);
        for (var start = 1; start < numbers.Length; start += 128)
        {
            ZigZag(0);
            bytes.AddRange([64, 64, 64, 64]);
            // A miniblock is filled up; those after the last value are not written.
            for (var i = start; i < start + 128 && (i - start) / 32 * 32 + start < numbers.Length; i++)
                bytes.AddRange(BitConverter.GetBytes(i < numbers.Length ? unchecked(numbers[i] - numbers[i - 1]) : 0));
        }
        return [.. bytes];
    }
}
