using System.Buffers;
using System.Buffers.Binary;
using Snappier;

namespace SggLab.Datasets.Parquet;

/// <summary>
/// Writes the published layout: image_id, image struct{bytes, path}, perhaps prompt_open and prompt_close, objects,
/// relationships. Plain encoding, snappy, one page a column in each row group; the same rows give the same bytes.
/// </summary>
internal sealed class SceneGraphParquetWriter : IDisposable
{
    /// <summary>As the datasets library cuts data sets of images.</summary>
    public const int RowsPerGroup = 100;

    private const int Optional = 1;
    private const int Utf8 = 0;
    private readonly Stream _stream;
    private readonly Column[] _columns;
    private readonly List<Group> _groups = [];
    private readonly bool _prompts;
    private int _rowsInGroup;

    private sealed record Group(int Rows, IReadOnlyList<Chunk> Chunks);

    private sealed record Chunk(Column Column, int Values, long Start, int Compressed, int Uncompressed);

    public SceneGraphParquetWriter(string path, bool prompts)
    {
        _prompts = prompts;
        _columns = [.. SceneGraphFeatures.Columns(prompts).SelectMany(name => name == "image" ? [new Column("image", "bytes"), new Column("image", "path")] : new[] { new Column(null, name) })];
        _stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        _stream.Write("PAR1"u8);
    }

    public long Rows { get; private set; }

    /// <summary>Bytes of the values themselves, as the hub's dataset_info counts them.</summary>
    public long ValueBytes { get; private set; }

    public void Write(SceneGraphExample example)
    {
        var column = 0;
        void Put(ReadOnlySpan<byte> value, bool present = true)
        {
            _columns[column++].Add(value, present);
            ValueBytes += value.Length + (present ? 4 : 0);
        }
        void PutText(string? text) => Put(text is null ? default : System.Text.Encoding.UTF8.GetBytes(text), text is not null);

        PutText(example.ImageId);
        Put(example.Image.Bytes.Span);
        PutText(example.Image.Path);
        if (_prompts)
        {
            PutText(example.PromptOpen);
            PutText(example.PromptClose);
        }
        PutText(PythonDumps.Objects(example.Objects));
        PutText(PythonDumps.Relationships(example.Relationships));
        Rows++;
        if (++_rowsInGroup == RowsPerGroup) FlushGroup();
    }

    /// <summary>Writes the footer; without it the file is no parquet file.</summary>
    public void Finish()
    {
        if (_rowsInGroup > 0) FlushGroup();
        var footer = Footer();
        _stream.Write(footer.Bytes);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Bytes.Length);
        _stream.Write(length);
        _stream.Write("PAR1"u8);
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();

    private void FlushGroup()
    {
        _groups.Add(new Group(_rowsInGroup, [.. _columns.Select(FlushColumn)]));
        _rowsInGroup = 0;
    }

    private Chunk FlushColumn(Column column)
    {
        var page = column.TakePage();
        var compressed = Snappy.CompressToArray(page);
        var header = new ThriftWriter();
        header.Struct(() =>
        {
            header.I32(1, (int)PageKind.Data);
            header.I32(2, page.Length);
            header.I32(3, compressed.Length);
            header.Struct(5, () =>
            {
                header.I32(1, _rowsInGroup);
                header.I32(2, (int)PageEncoding.Plain);
                header.I32(3, (int)PageEncoding.Rle);
                header.I32(4, (int)PageEncoding.Rle);
            });
        });
        var start = _stream.Position;
        _stream.Write(header.Bytes);
        _stream.Write(compressed);
        return new Chunk(column, _rowsInGroup, start, header.Bytes.Length + compressed.Length, header.Bytes.Length + page.Length);
    }

    private ThriftWriter Footer()
    {
        var thrift = new ThriftWriter();
        thrift.Struct(() =>
        {
            thrift.I32(1, 2);
            thrift.List(2, ThriftType.Struct, Schema(), element => thrift.Struct(() => element(thrift)));
            thrift.I64(3, Rows);
            thrift.List(4, ThriftType.Struct, _groups, group => thrift.Struct(() => WriteGroup(thrift, group)));
            thrift.List(5, ThriftType.Struct, [SceneGraphFeatures.HubMetadata(_prompts)], text => thrift.Struct(() =>
            {
                thrift.Text(1, "huggingface");
                thrift.Text(2, text);
            }));
            thrift.Text(6, "SggLab");
        });
        return thrift;
    }

    private List<Action<ThriftWriter>> Schema()
    {
        List<Action<ThriftWriter>> elements =
        [
            thrift =>
            {
                thrift.Text(4, "schema");
                thrift.I32(5, SceneGraphFeatures.Columns(_prompts).Count);
            },
        ];
        foreach (var column in _columns)
        {
            if (column.Name == "bytes")
                elements.Add(thrift =>
                {
                    thrift.I32(3, Optional);
                    thrift.Text(4, "image");
                    thrift.I32(5, 2);
                });
            elements.Add(thrift =>
            {
                thrift.I32(1, (int)PhysicalType.ByteArray);
                thrift.I32(3, Optional);
                thrift.Text(4, column.Name);
                if (column.Name == "bytes") return;
                thrift.I32(6, Utf8);
                thrift.Struct(10, () => thrift.Struct(1, () => { }));
            });
        }
        return elements;
    }

    private static void WriteGroup(ThriftWriter thrift, Group group)
    {
        thrift.List(1, ThriftType.Struct, group.Chunks, chunk => thrift.Struct(() =>
        {
            thrift.I64(2, chunk.Start);
            thrift.Struct(3, () =>
            {
                thrift.I32(1, (int)PhysicalType.ByteArray);
                thrift.List(2, ThriftType.I32, [(int)PageEncoding.Plain, (int)PageEncoding.Rle], thrift.Number);
                thrift.List(3, ThriftType.Binary, chunk.Column.Path, thrift.Text);
                thrift.I32(4, PageCodec.SnappyCodec);
                thrift.I64(5, chunk.Values);
                thrift.I64(6, chunk.Uncompressed);
                thrift.I64(7, chunk.Compressed);
                thrift.I64(9, chunk.Start);
            });
        }));
        thrift.I64(2, group.Chunks.Sum(chunk => (long)chunk.Uncompressed));
        thrift.I64(3, group.Rows);
    }

    /// <summary>The values of one column in the row group being filled.</summary>
    private sealed class Column(string? parent, string name)
    {
        private readonly ArrayBufferWriter<byte> _values = new();
        private readonly List<int> _definitions = [];

        public string Name => name;
        public string[] Path => parent is null ? [name] : [parent, name];

        // Both the structure and its member are optional: an absent path has level 1, a present one 2.
        private int MaxDefinition => parent is null ? 1 : 2;

        public void Add(ReadOnlySpan<byte> value, bool present)
        {
            _definitions.Add(present ? MaxDefinition : MaxDefinition - 1);
            if (!present) return;
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, value.Length);
            _values.Write(length);
            _values.Write(value);
        }

        public byte[] TakePage()
        {
            var levels = Levels();
            var page = new byte[4 + levels.Length + _values.WrittenCount];
            BinaryPrimitives.WriteInt32LittleEndian(page, levels.Length);
            levels.CopyTo(page, 4);
            _values.WrittenSpan.CopyTo(page.AsSpan(4 + levels.Length));
            _values.ResetWrittenCount();
            _definitions.Clear();
            return page;
        }

        // Definition levels as runs: a varint of twice the length, then the level in one byte.
        private byte[] Levels()
        {
            var levels = new List<byte>();
            for (var i = 0; i < _definitions.Count;)
            {
                var run = 1;
                while (i + run < _definitions.Count && _definitions[i + run] == _definitions[i]) run++;
                var header = run << 1;
                for (; header >= 128; header >>= 7) levels.Add((byte)(header | 128));
                levels.Add((byte)header);
                levels.Add((byte)_definitions[i]);
                i += run;
            }
            return [.. levels];
        }
    }
}
