using System.IO.Compression;
using Snappier;

namespace SggLab.Datasets.Parquet;

/// <summary>Parquet's compression codecs, by the numbers of parquet.thrift.</summary>
internal static class PageCodec
{
    public const int Uncompressed = 0;
    public const int SnappyCodec = 1;

    /// <summary>Decompresses exactly <paramref name="into"/>.Length bytes; throws InvalidDataException on anything else.</summary>
    public static void Decompress(int codec, byte[] source, int offset, int count, Span<byte> into)
    {
        var input = source.AsSpan(offset, count);
        switch (codec)
        {
            case Uncompressed:
                if (count != into.Length) throw new InvalidDataException($"{count} bytes where {into.Length} were announced");
                input.CopyTo(into);
                break;
            case SnappyCodec: Snappy(input, into); break;
            case 2: Stream(new GZipStream(new MemoryStream(source, offset, count), CompressionMode.Decompress), into); break;
            case 4: Stream(new BrotliStream(new MemoryStream(source, offset, count), CompressionMode.Decompress), into); break;
            case 6: Zstandard(input, into); break;
            case 7: Lz4Block.Decompress(input, into); break;
            default: throw new InvalidDataException($"compression codec {codec} is not supported (supported: none, snappy, gzip, brotli, zstd, lz4_raw); rewrite the file with snappy");
        }
    }

    private static void Snappy(ReadOnlySpan<byte> input, Span<byte> into)
    {
        if (Snappier.Snappy.GetUncompressedLength(input) != into.Length) throw new InvalidDataException("the snappy block has another length than announced");
        if (Snappier.Snappy.Decompress(input, into) != into.Length) throw new InvalidDataException("the snappy block ends early");
    }

    private static void Zstandard(ReadOnlySpan<byte> input, Span<byte> into)
    {
        using var decompressor = new ZstdSharp.Decompressor();
        try
        {
            if (decompressor.Unwrap(input, into) != into.Length) throw new InvalidDataException("the zstd block ends early");
        }
        catch (ZstdSharp.ZstdException e)
        {
            throw new InvalidDataException("the zstd block is damaged: " + e.Message, e);
        }
    }

    private static void Stream(Stream stream, Span<byte> into)
    {
        using (stream) stream.ReadExactly(into);
    }
}
