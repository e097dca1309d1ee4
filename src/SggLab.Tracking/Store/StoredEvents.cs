using System.Text.Json;
using JasperFx.Events;
using Npgsql;
using SggLab.Tracking.Telemetry;

namespace SggLab.Tracking.Store;

/// <summary>Reads stored events without the event store's daemon.</summary>
internal static class StoredEvents
{
    public const string Columns = "seq_id, stream_id, version, type, timestamp, tenant_id, user_name, data::text, bdata";

    private static readonly Dictionary<string, Type> Types = LabEvents.Names.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The event at the reader's row, which holds <see cref="Columns"/>; null where this release does not know its type.</summary>
    public static IEvent? Read(NpgsqlDataReader row)
    {
        if (!Types.TryGetValue(row.GetString(3), out var type))
            return null;
        var data = row.IsDBNull(8) ? JsonSerializer.Deserialize(row.GetString(7), type, EventJson.Options)! : new RecordFormat().Deserialize(type, row.GetFieldValue<byte[]>(8));
        var e = (IEvent)Activator.CreateInstance(typeof(Event<>).MakeGenericType(type), data)!;
        (e.Sequence, e.StreamKey, e.Version, e.Timestamp, e.TenantId, e.UserName) = (row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.Time(4), row.GetString(5), row.Text(6));
        return e;
    }
}
