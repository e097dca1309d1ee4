using System.Text.Json;

namespace SggLab.Tracking.Telemetry;

/// <summary>One framed record: its number and type are read, its content is left alone.</summary>
internal sealed record FramedRecord(long N, string Type, byte[] Line);

/// <summary>
/// Splits a batch into records. Well framed is a line {"n":…,"type":"…","at":"…","data":…} whose members stand in this order; what data holds is never looked at here.
/// </summary>
internal static class RecordLines
{
    /// <summary>Longest line, in bytes. Larger things are blobs.</summary>
    public const int LongestLine = 16 << 20;

    /// <returns>The records, or why the batch is refused as a whole.</returns>
    public static (IReadOnlyList<FramedRecord> Records, Refusal? Refusal) Split(ReadOnlyMemory<byte> body)
    {
        var records = new List<FramedRecord>();
        for (var row = 1; body.Length > 0; row++)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Span.TrimEnd((byte)'\r').IsEmpty)
                continue;
            if (line.Length > LongestLine)
                return ([], Refusal.Malformed($"Line {row} has {line.Length} bytes; a record has at most {LongestLine}. Store what is large as a blob and name it."));
            if (Frame(line.ToArray()) is not { } record)
                return ([], Refusal.Malformed($"Line {row} is not a record: wanted is {{\"n\":1,\"type\":\"metrics\",\"at\":\"2026-01-02T03:04:05Z\",\"data\":{{…}}}} with its members in this order."));
            if (records.Count > 0 && record.N != records[^1].N + 1)
                return ([], Refusal.Malformed($"Line {row} is record {record.N} after record {records[^1].N}; send records in order, without gaps."));
            records.Add(record);
        }
        return (records, null);
    }

    /// <summary>The number that a stored line bears.</summary>
    public static long? NumberOf(byte[] line) => Frame(line)?.N;

    private static FramedRecord? Frame(byte[] line)
    {
        try
        {
            // Not the final block: reading stops at data, so that whatever stands there cannot fail the frame.
            var reader = new Utf8JsonReader(line, isFinalBlock: false, default);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            if (!Member(ref reader, "n"u8, JsonTokenType.Number) || !reader.TryGetInt64(out var n) || n < 1)
                return null;
            if (!Member(ref reader, "type"u8, JsonTokenType.String) || reader.GetString() is not { Length: >= 1 and <= 64 } type)
                return null;
            if (!Member(ref reader, "at"u8, JsonTokenType.String) || !reader.TryGetDateTimeOffset(out _))
                return null;
            if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("data"u8))
                return null;
            return line.AsSpan().TrimEnd(" \t\r"u8)[^1] == '}' ? new FramedRecord(n, type, line) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool Member(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, JsonTokenType kind) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name) && reader.Read() && reader.TokenType == kind;
}
