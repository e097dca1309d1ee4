using System.Buffers.Binary;
using System.Text;

namespace SggLab.Datasets.Parquet;

/// <summary>The bytes are no thrift structure. <see cref="NeedsMore"/>: they may be, but end early.</summary>
internal sealed class ThriftException(string message, bool needsMore = false) : Exception(message)
{
    public bool NeedsMore { get; } = needsMore;
}

internal enum ThriftType : byte { Stop = 0, True = 1, False = 2, Byte = 3, I16 = 4, I32 = 5, I64 = 6, Double = 7, Binary = 8, List = 9, Set = 10, Map = 11, Struct = 12 }

/// <summary>Thrift's compact protocol, read from memory: what parquet's footer and page headers are written in.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> data)
{
    private const int MaxDepth = 32;
    private readonly ReadOnlySpan<byte> _data = data;
    private short _lastField;

    public int Position { get; private set; }

    /// <summary>Starts a structure; hand the result to <see cref="EndStruct"/>.</summary>
    public short BeginStruct()
    {
        var outer = _lastField;
        _lastField = 0;
        return outer;
    }

    public void EndStruct(short outer) => _lastField = outer;

    /// <summary>The next field's number and type; false at the end of the structure.</summary>
    public bool NextField(out short field, out ThriftType type)
    {
        var head = NextByte();
        type = (ThriftType)(head & 15);
        field = 0;
        if (type == ThriftType.Stop) return false;
        if (type > ThriftType.Struct) throw new ThriftException($"unknown field type {head & 15}");
        var delta = head >> 4;
        field = delta == 0 ? checked((short)ZigZag()) : (short)(_lastField + delta);
        _lastField = field;
        return true;
    }

    public int I32() => Narrow(ZigZag());

    public long I64() => ZigZag();

    public string Text() => Encoding.UTF8.GetString(Binary());

    public ReadOnlySpan<byte> Binary()
    {
        var length = Length();
        var bytes = _data.Slice(Position, length);
        Position += length;
        return bytes;
    }

    /// <summary>Number of items of a list and their type.</summary>
    public int List(out ThriftType item)
    {
        var head = NextByte();
        item = (ThriftType)(head & 15);
        var count = head >> 4;
        if (count == 15) count = Narrow((long)Varint());
        // Each item takes at least a byte, so a count beyond the rest is damage, not a reason to allocate.
        if (count < 0 || count > _data.Length - Position) throw new ThriftException($"a list of {count} items does not fit", needsMore: count >= 0);
        return count;
    }

    public void Skip(ThriftType type, int depth = 0)
    {
        if (depth > MaxDepth) throw new ThriftException("nested too deeply");
        switch (type)
        {
            case ThriftType.True or ThriftType.False: break;
            case ThriftType.Byte: NextByte(); break;
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64: Varint(); break;
            case ThriftType.Double: Take(8); break;
            case ThriftType.Binary: Binary(); break;
            case ThriftType.List or ThriftType.Set:
                for (var n = List(out var item); n > 0; n--) SkipItem(item, depth + 1);
                break;
            case ThriftType.Map:
                var count = Narrow((long)Varint());
                if (count == 0) break;
                var kinds = NextByte();
                for (; count > 0; count--)
                {
                    SkipItem((ThriftType)(kinds >> 4), depth + 1);
                    SkipItem((ThriftType)(kinds & 15), depth + 1);
                }
                break;
            case ThriftType.Struct:
                var outer = BeginStruct();
                while (NextField(out _, out var inner)) Skip(inner, depth + 1);
                EndStruct(outer);
                break;
            default: throw new ThriftException($"unknown type {(int)type}");
        }
    }

    // In a list a boolean takes a byte; as a field its value is the type.
    private void SkipItem(ThriftType type, int depth)
    {
        if (type is ThriftType.True or ThriftType.False) NextByte();
        else Skip(type, depth);
    }

    private void Take(int count)
    {
        if (count > _data.Length - Position) throw new ThriftException("ends early", needsMore: true);
        Position += count;
    }

    private byte NextByte()
    {
        if (Position >= _data.Length) throw new ThriftException("ends early", needsMore: true);
        return _data[Position++];
    }

    private int Length()
    {
        var length = Narrow((long)Varint());
        if (length < 0) throw new ThriftException($"negative length {length}");
        if (length > _data.Length - Position) throw new ThriftException("ends early", needsMore: true);
        return length;
    }

    private static int Narrow(long value) => value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new ThriftException($"{value} does not fit 32 bits");

    private long ZigZag()
    {
        var raw = Varint();
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = NextByte();
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
        throw new ThriftException("a variable-length integer of more than 10 bytes");
    }
}
