using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace SggLab.Datasets.Parquet;

/// <summary>Reads one column value by value, a page at a time; several of these walk a file in step.</summary>
internal sealed class ColumnReader(SafeFileHandle handle, long fileLength, string file, ParquetLeaf leaf)
{
    private const int FirstHeaderRead = 4096;
    private const int LargestHeader = 1 << 24;

    private readonly PageValues _page = new();
    private readonly PageValues _dictionary = new();
    private byte[] _compressed = [];
    private byte[] _header = new byte[FirstHeaderRead];
    private int[] _definitions = [];
    private int[] _slots = [];
    private bool _byIndex;

    private ColumnChunk? _chunk;
    private long _position;
    private long _left;
    private int _inPage;
    private int _next;
    private long _row;
    private int _current = -1;

    /// <summary>How much of the value is there: equal to the leaf's MaxDefinition where it is present.</summary>
    public int Definition { get; private set; }

    public bool IsNull => Definition < leaf.MaxDefinition;

    /// <summary>The value's bytes, valid until the next move; empty where it is null.</summary>
    public ReadOnlySpan<byte> Value => _current < 0 ? default : _byIndex ? _dictionary[_current] : _page[_current];

    /// <summary>Goes to the start of a row group whose first row is <paramref name="firstRow"/> of the file.</summary>
    public void Start(RowGroup group, long firstRow)
    {
        _chunk = group.Columns[leaf.Ordinal];
        (_position, _left, _inPage, _next, _row, _current) = (_chunk.Start, _chunk.Values, 0, 0, firstRow, -1);
        if (_left != group.Rows) throw Damaged($"its row group has {group.Rows} rows but the column {_left} values");
        if (_position < 4 || _chunk.CompressedSize < 0 || _position > fileLength - _chunk.CompressedSize)
            throw Damaged($"its pages (from byte {_position}, {_chunk.CompressedSize} bytes) do not lie within the file of {fileLength} bytes");
        if (_chunk.Type != leaf.Type) throw Damaged($"a row group stores {_chunk.Type} where the schema says {leaf.Type}");
        _dictionary.Start(0);
    }

    /// <summary>Steps to the next value; the caller knows how many there are.</summary>
    public void Next()
    {
        Skip(1);
        Definition = leaf.MaxDefinition == 0 ? 0 : _definitions[_next - 1];
        _current = IsNull ? -1 : _slots[_next - 1];
    }

    /// <summary>Passes over values; whole pages are not even decompressed. Skip(1) loads the value's page.</summary>
    public void Skip(long count)
    {
        while (count > 0)
        {
            if (_next == _inPage) LoadPage(ref count);
            var take = (int)Math.Min(count, _inPage - _next);
            _next += take;
            _row += take;
            _left -= take;
            count -= take;
        }
    }

    private void LoadPage(ref long skip)
    {
        var end = _chunk!.Start + _chunk.CompressedSize;
        while (true)
        {
            if (_left <= 0 || _position >= end) throw Damaged($"its pages end {Math.Max(_left, 1)} values early");
            try
            {
                var header = ReadHeader(end);
                if (header.CompressedSize > end - _position) throw new InvalidDataException($"a page of {header.CompressedSize} bytes does not fit the {end - _position} left");
                if (header.UncompressedSize > Math.Max(_chunk.UncompressedSize, header.CompressedSize)) throw new InvalidDataException($"a page claims {header.UncompressedSize} bytes, more than the column's {_chunk.UncompressedSize}");
                if (header.Kind is PageKind.Data or PageKind.DataV2 && header.Values > _left) throw new InvalidDataException($"a page claims {header.Values} values where {_left} are left");
                var start = _position;
                _position += header.CompressedSize;
                if (header.Kind == PageKind.Index || header.Values == 0) continue;
                if (header.Kind == PageKind.Dictionary)
                {
                    Fill(_dictionary, header, start, 0);
                    ReadValues(_dictionary, header.Encoding == PageEncoding.PlainDictionary ? PageEncoding.Plain : header.Encoding, header.Values, 0, header.UncompressedSize);
                    continue;
                }
                if (header.Values < skip)
                {
                    _row += header.Values;
                    _left -= header.Values;
                    skip -= header.Values;
                    continue;
                }
                ReadDataPage(header, start);
                (_inPage, _next) = (header.Values, 0);
                return;
            }
            catch (Exception e) when (e is InvalidDataException or ThriftException or EndOfStreamException or OverflowException or IOException or ArgumentException or IndexOutOfRangeException)
            {
                throw Damaged(e.Message, e);
            }
        }
    }

    private void ReadDataPage(PageHeader header, long start)
    {
        Fill(_page, header, start, header.LevelBytes);
        var data = _page.Reserve(header.UncompressedSize);
        var from = 0;
        if (_definitions.Length < header.Values) (_definitions, _slots) = (new int[header.Values], new int[header.Values]);
        var definitions = _definitions.AsSpan(0, header.Values);
        if (leaf.MaxDefinition > 0)
        {
            if (header.LevelEncoding != PageEncoding.Rle) throw new InvalidDataException($"definition levels are written as {header.LevelEncoding}; expected RLE");
            var levels = header.LevelBytes - header.RepetitionBytes;
            from = header.RepetitionBytes;
            if (header.Kind == PageKind.Data)
            {
                if (header.UncompressedSize < 4) throw new InvalidDataException("the page ends within its levels");
                levels = BinaryPrimitives.ReadInt32LittleEndian(data);
                from = 4;
            }
            if (levels < 0 || levels > header.UncompressedSize - from) throw new InvalidDataException("the page ends within its levels");
            RunLengthDecoder.Decode(data.AsSpan(from, levels), BitWidth(leaf.MaxDefinition), definitions);
            from += levels;
        }
        else
        {
            definitions.Clear();
        }
        var present = 0;
        for (var i = 0; i < header.Values; i++) _slots[i] = definitions[i] == leaf.MaxDefinition ? present++ : -1;
        _byIndex = header.Encoding is PageEncoding.PlainDictionary or PageEncoding.RleDictionary;
        if (_byIndex) ReadIndices(data.AsSpan(from, header.UncompressedSize - from), present, header.Values);
        else if (present > 0) ReadValues(_page, header.Encoding, present, from, header.UncompressedSize);
    }

    private void ReadIndices(ReadOnlySpan<byte> data, int present, int values)
    {
        if (present == 0) return;
        if (data.Length == 0) throw new InvalidDataException("the page ends before its dictionary indices");
        var indices = new int[present];
        RunLengthDecoder.Decode(data[1..], data[0], indices);
        for (var i = 0; i < values; i++)
        {
            if (_slots[i] < 0) continue;
            var index = indices[_slots[i]];
            if ((uint)index >= (uint)_dictionary.Count) throw new InvalidDataException($"index {index} of a dictionary of {_dictionary.Count} values");
            _slots[i] = index;
        }
    }

    private void ReadValues(PageValues into, PageEncoding encoding, int count, int from, int end)
    {
        switch (leaf.Type, encoding)
        {
            case (PhysicalType.ByteArray, PageEncoding.Plain): into.ReadPlain(count, from, end); break;
            case (PhysicalType.ByteArray, PageEncoding.DeltaLengthByteArray): into.ReadDeltaLength(count, from, end); break;
            case (PhysicalType.ByteArray, PageEncoding.DeltaByteArray): into.ReadDeltaStrings(count, from, end); break;
            case (PhysicalType.Int32 or PhysicalType.Int64, PageEncoding.Plain): into.ReadNumbers(PlainNumbers(into.Reserve(end).AsSpan(from, end - from), count)); break;
            case (PhysicalType.Int32 or PhysicalType.Int64, PageEncoding.DeltaBinaryPacked):
                var numbers = DeltaDecoder.Decode(into.Reserve(end).AsSpan(from, end - from), count, out _);
                if (numbers.Length != count) throw new InvalidDataException($"{numbers.Length} numbers where {count} were announced");
                into.ReadNumbers(numbers);
                break;
            default: throw new InvalidDataException($"{leaf.Type} values in the encoding {encoding} are not supported; rewrite the file with plain or dictionary encoding");
        }
    }

    private long[] PlainNumbers(ReadOnlySpan<byte> data, int count)
    {
        var size = leaf.Type == PhysicalType.Int32 ? 4 : 8;
        if ((long)count * size > data.Length) throw new InvalidDataException($"{count} numbers do not fit {data.Length} bytes");
        var numbers = new long[count];
        for (var i = 0; i < count; i++)
            numbers[i] = size == 4 ? BinaryPrimitives.ReadInt32LittleEndian(data[(4 * i)..]) : BinaryPrimitives.ReadInt64LittleEndian(data[(8 * i)..]);
        return numbers;
    }

    // The first plainBytes of a version 2 page (its levels) are never compressed.
    private void Fill(PageValues into, PageHeader header, long start, int plainBytes)
    {
        var data = into.Reserve(header.UncompressedSize);
        if (plainBytes > header.UncompressedSize || plainBytes > header.CompressedSize) throw new InvalidDataException("the page ends within its levels");
        var compressed = header.Compressed && _chunk!.Codec != PageCodec.Uncompressed && header.CompressedSize > plainBytes;
        if (!compressed)
        {
            if (header.CompressedSize != header.UncompressedSize) throw new InvalidDataException($"an uncompressed page of {header.CompressedSize} bytes announces {header.UncompressedSize}");
            ReadFully(start, data.AsSpan(0, header.UncompressedSize));
            return;
        }
        if (_compressed.Length < header.CompressedSize) _compressed = GC.AllocateUninitializedArray<byte>(header.CompressedSize);
        ReadFully(start, _compressed.AsSpan(0, header.CompressedSize));
        _compressed.AsSpan(0, plainBytes).CopyTo(data);
        PageCodec.Decompress(_chunk!.Codec, _compressed, plainBytes, header.CompressedSize - plainBytes, data.AsSpan(plainBytes, header.UncompressedSize - plainBytes));
    }

    private PageHeader ReadHeader(long end)
    {
        for (var length = FirstHeaderRead; ; length *= 4)
        {
            if (_header.Length < length) _header = new byte[length];
            var available = (int)Math.Min(length, end - _position);
            ReadFully(_position, _header.AsSpan(0, available));
            try
            {
                var header = PageHeader.Parse(_header.AsSpan(0, available));
                _position += header.Bytes;
                return header;
            }
            catch (ThriftException e) when (e.NeedsMore && available == length && length < LargestHeader)
            {
                // Statistics may hold long values: read more.
            }
        }
    }

    private void ReadFully(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var read = RandomAccess.Read(handle, into, offset);
            if (read == 0) throw new EndOfStreamException($"the file ends at byte {offset}");
            offset += read;
            into = into[read..];
        }
    }

    private static int BitWidth(int maximum) => 32 - int.LeadingZeroCount(maximum);

    private DatasetException Damaged(string what, Exception? inner = null) =>
        new(file, _row, leaf.Path, $"the column cannot be read from here on: {what}; the file is damaged, download or write it again", inner);
}
