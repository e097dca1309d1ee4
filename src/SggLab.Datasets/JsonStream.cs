using System.Text.Json;

namespace SggLab.Datasets;

/// <summary>Reads a large JSON file token by token or value by value; memory follows the largest value, not the file.</summary>
internal sealed class JsonStream : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _path;
    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private long _bufferOffset;
    private bool _last;
    private JsonReaderState _state;

    /// <exception cref="DatasetException">The file cannot be opened.</exception>
    public JsonStream(string path)
    {
        _path = path;
        try
        {
            _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new DatasetException(path, null, null, $"cannot be opened ({e.Message}); check the path and its permissions", e);
        }
        Fill();
        if (_end >= 3 && _buffer.AsSpan(0, 3).SequenceEqual((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) _start = 3;
    }

    /// <summary>Where reading stands, for messages.</summary>
    public long? Row { get; set; }
    public string? Field { get; set; }

    /// <summary>Byte in the file from which the next token is read.</summary>
    public long Position => _bufferOffset + _start;

    /// <summary>The next token's type; with <paramref name="name"/> the text of a property name.</summary>
    public JsonTokenType Read(out string? name)
    {
        while (true)
        {
            var reader = Reader();
            if (Try(ref reader, static (ref Utf8JsonReader r) => r.Read()))
            {
                name = reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
                Advance(ref reader);
                return reader.TokenType;
            }
            if (_last) throw Broken("ends early", null);
            Fill();
        }
    }

    /// <summary>Reads the next value whole; null where an array ends instead. <paramref name="offset"/> is where its text begins, <paramref name="length"/> how long it is.</summary>
    public JsonDocument? ReadItem(out long offset, out int length)
    {
        while (true)
        {
            var reader = Reader();
            if (Try(ref reader, static (ref Utf8JsonReader r) => r.Read()))
            {
                if (reader.TokenType == JsonTokenType.EndArray)
                {
                    Advance(ref reader);
                    (offset, length) = (0, 0);
                    return null;
                }
                var start = (int)reader.TokenStartIndex;
                JsonDocument? document = null;
                if (Try(ref reader, (ref Utf8JsonReader r) => JsonDocument.TryParseValue(ref r, out document)))
                {
                    offset = Position + start;
                    length = (int)reader.BytesConsumed - start;
                    Advance(ref reader);
                    return document;
                }
            }
            if (_last) throw Broken("ends early", null);
            Fill();
        }
    }

    /// <summary>Passes over the value that comes next.</summary>
    public void Skip()
    {
        var depth = 0;
        do
        {
            depth += Read(out _) switch
            {
                JsonTokenType.StartArray or JsonTokenType.StartObject => 1,
                JsonTokenType.EndArray or JsonTokenType.EndObject => -1,
                _ => 0,
            };
        }
        while (depth > 0);
    }

    public void Dispose() => _stream.Dispose();

    private delegate bool Step(ref Utf8JsonReader reader);

    private Utf8JsonReader Reader() => new(_buffer.AsSpan(_start, _end - _start), _last, _state);

    private void Advance(ref Utf8JsonReader reader)
    {
        _start += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
    }

    private bool Try(ref Utf8JsonReader reader, Step step)
    {
        try
        {
            return step(ref reader);
        }
        catch (JsonException e)
        {
            throw Broken($"is not valid at line {e.LineNumber + 1}, byte {e.BytePositionInLine}", e);
        }
    }

    private DatasetException Broken(string what, Exception? inner) =>
        new(_path, Row, Field, $"the JSON {what} (file of {_stream.Length} bytes); the file is cut off or damaged, download it again", inner);

    // Keeps what is unread and reads more behind it, in a larger buffer where one value fills it.
    private void Fill()
    {
        var kept = _end - _start;
        var target = kept > _buffer.Length / 2 ? new byte[checked(_buffer.Length * 2)] : _buffer;
        _buffer.AsSpan(_start, kept).CopyTo(target);
        _bufferOffset += _start;
        (_buffer, _start, _end) = (target, 0, kept);
        var read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _last = read == 0;
    }
}
