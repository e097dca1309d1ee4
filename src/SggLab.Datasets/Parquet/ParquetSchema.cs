namespace SggLab.Datasets.Parquet;

internal enum PhysicalType { Boolean = 0, Int32 = 1, Int64 = 2, Int96 = 3, Float = 4, Double = 5, ByteArray = 6, FixedLenByteArray = 7 }

/// <summary>A leaf column: its dotted path, type, and how many definition levels a present value has.</summary>
/// <param name="Ordinal">Position among a row group's column chunks.</param>
internal sealed record ParquetLeaf(int Ordinal, string Path, PhysicalType Type, int MaxDefinition, int MaxRepetition);

/// <summary>Where a column's pages lie within the file.</summary>
internal sealed record ColumnChunk(PhysicalType Type, int Codec, long Values, long Start, long CompressedSize, long UncompressedSize);

internal sealed record RowGroup(long Rows, IReadOnlyList<ColumnChunk> Columns);

internal sealed record ParquetMetadata(long Rows, IReadOnlyList<ParquetLeaf> Leaves, IReadOnlyList<string> TopLevel, IReadOnlyList<RowGroup> RowGroups);

/// <summary>Parquet's FileMetaData, as far as this reader uses it (format: apache/parquet-format, parquet.thrift).</summary>
internal static class ParquetFooter
{
    private sealed record Element(string Name, PhysicalType? Type, int Repetition, int Children);

    public static ParquetMetadata Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new ThriftReader(bytes);
        List<Element> schema = [];
        List<RowGroup> groups = [];
        long rows = -1;
        while (reader.NextField(out var field, out var type))
        {
            switch (field, type)
            {
                case (2, ThriftType.List): ReadList(ref reader, schema, ReadElement); break;
                case (3, ThriftType.I64): rows = reader.I64(); break;
                case (4, ThriftType.List): ReadList(ref reader, groups, ReadRowGroup); break;
                default: reader.Skip(type); break;
            }
        }
        if (rows < 0 || schema.Count == 0) throw new ThriftException("the footer has no schema or no row count");
        var leaves = new List<ParquetLeaf>();
        var top = new List<string>();
        var next = 1;
        for (var child = 0; child < schema[0].Children; child++)
        {
            if (next < schema.Count) top.Add(schema[next].Name);
            Flatten(schema, ref next, "", 0, 0, leaves, 0);
        }
        foreach (var group in groups)
            if (group.Columns.Count != leaves.Count) throw new ThriftException($"a row group has {group.Columns.Count} column chunks where the schema has {leaves.Count} columns");
        return new ParquetMetadata(rows, leaves, top, groups);
    }

    private delegate T ReadItem<T>(ref ThriftReader reader);

    private static void ReadList<T>(ref ThriftReader reader, List<T> into, ReadItem<T> read)
    {
        var count = reader.List(out var item);
        if (item != ThriftType.Struct) throw new ThriftException("a list of structures was expected");
        for (; count > 0; count--)
        {
            var outer = reader.BeginStruct();
            into.Add(read(ref reader));
            reader.EndStruct(outer);
        }
    }

    private static void Flatten(List<Element> schema, ref int next, string prefix, int definition, int repetition, List<ParquetLeaf> leaves, int depth)
    {
        if (next >= schema.Count || depth > 32) throw new ThriftException("the schema tree does not close");
        var element = schema[next++];
        if (element.Repetition != 0) definition++;
        if (element.Repetition == 2) repetition++;
        var path = prefix.Length == 0 ? element.Name : prefix + "." + element.Name;
        if (element.Type is { } leaf)
        {
            leaves.Add(new ParquetLeaf(leaves.Count, path, leaf, definition, repetition));
            return;
        }
        for (var child = 0; child < element.Children; child++) Flatten(schema, ref next, path, definition, repetition, leaves, depth + 1);
    }

    private static Element ReadElement(ref ThriftReader reader)
    {
        PhysicalType? type = null;
        var (repetition, children, name) = (0, 0, "");
        while (reader.NextField(out var field, out var kind))
        {
            switch (field, kind)
            {
                case (1, ThriftType.I32): type = (PhysicalType)reader.I32(); break;
                case (3, ThriftType.I32): repetition = reader.I32(); break;
                case (4, ThriftType.Binary): name = reader.Text(); break;
                case (5, ThriftType.I32): children = reader.I32(); break;
                default: reader.Skip(kind); break;
            }
        }
        return new Element(name, children > 0 ? null : type, repetition, children);
    }

    private static RowGroup ReadRowGroup(ref ThriftReader reader)
    {
        List<ColumnChunk> columns = [];
        long rows = 0;
        while (reader.NextField(out var field, out var kind))
        {
            switch (field, kind)
            {
                case (1, ThriftType.List): ReadList(ref reader, columns, ReadChunk); break;
                case (3, ThriftType.I64): rows = reader.I64(); break;
                default: reader.Skip(kind); break;
            }
        }
        return new RowGroup(rows, columns);
    }

    private static ColumnChunk ReadChunk(ref ThriftReader reader)
    {
        ColumnChunk? chunk = null;
        while (reader.NextField(out var field, out var kind))
        {
            if ((field, kind) is (3, ThriftType.Struct))
            {
                var outer = reader.BeginStruct();
                chunk = ReadChunkMetadata(ref reader);
                reader.EndStruct(outer);
            }
            else if ((field, kind) is (1, ThriftType.Binary))
            {
                var elsewhere = reader.Text();
                if (elsewhere.Length > 0) throw new ThriftException($"a column lies in another file, '{elsewhere}', which is not supported");
            }
            else
            {
                reader.Skip(kind);
            }
        }
        return chunk ?? throw new ThriftException("a column chunk has no metadata");
    }

    private static ColumnChunk ReadChunkMetadata(ref ThriftReader reader)
    {
        var (type, codec) = (-1, 0);
        long values = 0, compressed = 0, uncompressed = 0, data = -1, dictionary = -1;
        while (reader.NextField(out var field, out var kind))
        {
            switch (field, kind)
            {
                case (1, ThriftType.I32): type = reader.I32(); break;
                case (4, ThriftType.I32): codec = reader.I32(); break;
                case (5, ThriftType.I64): values = reader.I64(); break;
                case (6, ThriftType.I64): uncompressed = reader.I64(); break;
                case (7, ThriftType.I64): compressed = reader.I64(); break;
                case (9, ThriftType.I64): data = reader.I64(); break;
                case (11, ThriftType.I64): dictionary = reader.I64(); break;
                default: reader.Skip(kind); break;
            }
        }
        // Some writers leave 0 as "no dictionary"; a page cannot start before the magic ends.
        var start = dictionary >= 4 && dictionary < data ? dictionary : data;
        return new ColumnChunk((PhysicalType)type, codec, values, start, compressed, uncompressed);
    }
}
