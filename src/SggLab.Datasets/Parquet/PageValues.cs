using System.Buffers.Binary;
using System.Buffers.Text;

namespace SggLab.Datasets.Parquet;

/// <summary>
/// The values of one page as slices of one buffer. Buffers are reused from page to page and grow to exactly what is
/// needed, so that memory follows the largest page and not the file.
/// </summary>
internal sealed class PageValues
{
    private byte[] _data = [];
    private int[] _offsets = [];
    private int[] _lengths = [];

    public int Count { get; private set; }

    /// <summary>The buffer a caller fills before it calls a Read method.</summary>
    public byte[] Reserve(int bytes)
    {
        if (_data.Length < bytes) _data = GC.AllocateUninitializedArray<byte>(bytes);
        return _data;
    }

    public ReadOnlySpan<byte> this[int index] => _data.AsSpan(_offsets[index], _lengths[index]);

    public void Start(int count)
    {
        Count = count;
        if (_offsets.Length >= count) return;
        _offsets = new int[count];
        _lengths = new int[count];
    }

    /// <summary>Length-prefixed values that lie in the reserved buffer from <paramref name="from"/> to <paramref name="end"/>.</summary>
    public void ReadPlain(int count, int from, int end)
    {
        // A value takes four bytes at least: a larger count is damage, found before anything is allocated.
        if (count > (end - from) / 4) throw new InvalidDataException($"{count} values do not fit {end - from} bytes");
        Start(count);
        for (var i = 0; i < count; i++)
        {
            if (end - from < 4) throw new InvalidDataException($"the values end after {i} of {count}");
            var length = BinaryPrimitives.ReadInt32LittleEndian(_data.AsSpan(from));
            if (length < 0 || length > end - from - 4) throw new InvalidDataException($"value {i} of the page claims {length} bytes where {end - from - 4} are left");
            _offsets[i] = from + 4;
            _lengths[i] = length;
            from += 4 + length;
        }
    }

    public void ReadDeltaLength(int count, int from, int end)
    {
        var lengths = DeltaDecoder.Decode(_data.AsSpan(from, end - from), count, out var used);
        if (lengths.Length != count) throw new InvalidDataException($"{lengths.Length} lengths for {count} values");
        Start(count);
        from += used;
        for (var i = 0; i < count; i++)
        {
            if (lengths[i] < 0 || lengths[i] > end - from) throw new InvalidDataException($"value {i} of the page claims {lengths[i]} bytes where {end - from} are left");
            _offsets[i] = from;
            _lengths[i] = (int)lengths[i];
            from += (int)lengths[i];
        }
    }

    /// <summary>Values that share a beginning with the one before; they are written out behind the page.</summary>
    public void ReadDeltaStrings(int count, int from, int end)
    {
        var page = _data.AsSpan(from, end - from).ToArray();
        var prefixes = DeltaDecoder.Decode(page, count, out var used);
        var suffixes = DeltaDecoder.Decode(page.AsSpan(used), count, out var more);
        if (prefixes.Length != count || suffixes.Length != count) throw new InvalidDataException($"{prefixes.Length} prefixes and {suffixes.Length} suffixes for {count} values");
        var at = used + more;
        long total = 0;
        for (var i = 0; i < count; i++)
        {
            var before = i == 0 ? 0 : prefixes[i - 1] + suffixes[i - 1];
            if (prefixes[i] < 0 || suffixes[i] < 0 || prefixes[i] > before) throw new InvalidDataException($"value {i} of the page has an impossible length");
            total += prefixes[i] + suffixes[i];
            if (total > Array.MaxLength) throw new InvalidDataException("the page grows beyond 2 GB");
        }
        Start(count);
        var into = Reserve((int)total);
        for (int i = 0, to = 0; i < count; i++)
        {
            var (prefix, suffix) = ((int)prefixes[i], (int)suffixes[i]);
            if (suffix > page.Length - at) throw new InvalidDataException($"the values end after {i} of {count}");
            if (prefix > 0) into.AsSpan(_offsets[i - 1], prefix).CopyTo(into.AsSpan(to));
            page.AsSpan(at, suffix).CopyTo(into.AsSpan(to + prefix));
            (_offsets[i], _lengths[i]) = (to, prefix + suffix);
            at += suffix;
            to += prefix + suffix;
        }
    }

    /// <summary>Whole numbers, kept as their decimal text: ids are compared as text.</summary>
    public void ReadNumbers(ReadOnlySpan<long> numbers)
    {
        Start(numbers.Length);
        var into = Reserve(20 * numbers.Length);
        for (int i = 0, to = 0; i < numbers.Length; i++)
        {
            Utf8Formatter.TryFormat(numbers[i], into.AsSpan(to), out _lengths[i]);
            _offsets[i] = to;
            to += _lengths[i];
        }
    }
}
