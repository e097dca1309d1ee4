using System.Buffers;
using System.Text;

namespace SggLab.Datasets.Parquet;

/// <summary>Thrift's compact protocol, written to memory.</summary>
internal sealed class ThriftWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private short _lastField;

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    public void I32(short field, int value) => Number(field, ThriftType.I32, value);

    public void I64(short field, long value) => Number(field, ThriftType.I64, value);

    public void Text(short field, string value)
    {
        Header(field, ThriftType.Binary);
        Text(value);
    }

    public void Text(string value)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        Varint((ulong)utf8.Length);
        _bytes.Write(utf8);
    }

    public void Number(int value) => Varint(unchecked((ulong)((long)value << 1 ^ value >> 31)));

    public void List<T>(short field, ThriftType item, IReadOnlyCollection<T> items, Action<T> write)
    {
        Header(field, ThriftType.List);
        if (items.Count < 15) Byte((byte)(items.Count << 4 | (int)item));
        else
        {
            Byte((byte)(0xF0 | (int)item));
            Varint((ulong)items.Count);
        }
        foreach (var one in items) write(one);
    }

    public void Struct(short field, Action write)
    {
        Header(field, ThriftType.Struct);
        Struct(write);
    }

    public void Struct(Action write)
    {
        var outer = _lastField;
        _lastField = 0;
        write();
        Byte(0);
        _lastField = outer;
    }

    private void Number(short field, ThriftType type, long value)
    {
        Header(field, type);
        Varint(unchecked((ulong)(value << 1 ^ value >> 63)));
    }

    private void Header(short field, ThriftType type)
    {
        Byte((byte)(field - _lastField << 4 | (int)type));
        _lastField = field;
    }

    private void Byte(byte value) => _bytes.Write([value]);

    private void Varint(ulong value)
    {
        for (; value >= 128; value >>= 7) Byte((byte)(value | 128));
        Byte((byte)value);
    }
}
