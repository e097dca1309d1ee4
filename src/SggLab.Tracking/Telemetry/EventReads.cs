using System.Text.Json;
using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Telemetry;

/// <summary>A stored event as people read it: of a worker's record its own data, of the server's events theirs.</summary>
internal static class EventReads
{
    /// <summary>Columns: seq_id, stream_id, version, type, timestamp, user_name, data, bdata.</summary>
    public static EventItem Read(NpgsqlDataReader row)
    {
        var item = new EventItem(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.Time(4), row.Text(5), default);
        if (row.IsDBNull(7))
            return item with { Data = JsonSerializer.Deserialize<JsonElement>(row.GetString(6)) };
        var stored = row.GetFieldValue<byte[]>(7);
        var line = stored[RecordFormat.HeaderLength..];
        return item with { Data = RecordReader.Data(line), Record = RecordLines.NumberOf(line), Superseded = RecordFormat.IsSuperseded(stored) ? true : null };
    }
}
