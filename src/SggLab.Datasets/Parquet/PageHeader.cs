namespace SggLab.Datasets.Parquet;

internal enum PageKind { Data = 0, Index = 1, Dictionary = 2, DataV2 = 3 }

internal enum PageEncoding { Plain = 0, PlainDictionary = 2, Rle = 3, BitPacked = 4, DeltaBinaryPacked = 5, DeltaLengthByteArray = 6, DeltaByteArray = 7, RleDictionary = 8 }

/// <param name="Bytes">Length of the header itself.</param>
/// <param name="LevelBytes">Of a version 2 page: the levels' bytes before the values, never compressed.</param>
internal readonly record struct PageHeader(
    PageKind Kind, int Bytes, int CompressedSize, int UncompressedSize, int Values, PageEncoding Encoding,
    PageEncoding LevelEncoding, int RepetitionBytes, int LevelBytes, bool Compressed)
{
    public static PageHeader Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new ThriftReader(bytes);
        var header = new PageHeader { Kind = (PageKind)(-1), Compressed = true };
        while (reader.NextField(out var field, out var kind))
        {
            switch (field, kind)
            {
                case (1, ThriftType.I32): header = header with { Kind = (PageKind)reader.I32() }; break;
                case (2, ThriftType.I32): header = header with { UncompressedSize = reader.I32() }; break;
                case (3, ThriftType.I32): header = header with { CompressedSize = reader.I32() }; break;
                case (5 or 7 or 8, ThriftType.Struct):
                    var outer = reader.BeginStruct();
                    header = ParseDetails(ref reader, header, field);
                    reader.EndStruct(outer);
                    break;
                default: reader.Skip(kind); break;
            }
        }
        if (header.Kind is < PageKind.Data or > PageKind.DataV2) throw new ThriftException($"unknown page type {(int)header.Kind}");
        if (header.CompressedSize < 0 || header.UncompressedSize < 0 || header.Values < 0 || header.LevelBytes < 0 || header.RepetitionBytes < 0)
            throw new ThriftException("a page of negative size");
        return header with { Bytes = reader.Position };
    }

    private static PageHeader ParseDetails(ref ThriftReader reader, PageHeader header, short structure)
    {
        var (definition, repetition) = (0, 0);
        while (reader.NextField(out var field, out var kind))
        {
            switch (structure, field, kind)
            {
                case (_, 1, ThriftType.I32): header = header with { Values = reader.I32() }; break;
                case (5 or 7, 2, ThriftType.I32) or (8, 4, ThriftType.I32): header = header with { Encoding = (PageEncoding)reader.I32() }; break;
                case (5, 3, ThriftType.I32): header = header with { LevelEncoding = (PageEncoding)reader.I32() }; break;
                case (8, 5, ThriftType.I32): definition = reader.I32(); break;
                case (8, 6, ThriftType.I32): repetition = reader.I32(); break;
                case (8, 7, ThriftType.False): header = header with { Compressed = false }; break;
                default: reader.Skip(kind); break;
            }
        }
        return structure == 8
            ? header with { LevelEncoding = PageEncoding.Rle, RepetitionBytes = repetition, LevelBytes = checked(definition + repetition) }
            : header;
    }
}
