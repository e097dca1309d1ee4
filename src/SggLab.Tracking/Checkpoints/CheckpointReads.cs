using System.Text.Json;
using Npgsql;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Checkpoints;

internal static class CheckpointReads
{
    public const string Select = $"""
        select c.checkpoint_id, c.run_id, c.run, c.attempt, c.step, c.kind, c.parent, c.bytes, c.files, c.spec_hash, c.dataset_hash, c.code_version, c.at, c.sequence
        from lab.{CheckpointNodes.Table} c
        """;

    public static CheckpointNode Read(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetInt32(4), row.GetString(5), row.Text(6), row.GetInt64(7),
        JsonSerializer.Deserialize<BlobFile[]>(row.GetString(8), LabJson.Options)!, row.GetString(9), row.Text(10), row.GetString(11), row.Time(12), row.GetInt64(13));
}
