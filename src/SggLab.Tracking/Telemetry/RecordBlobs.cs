using SggLab.Contracts.Records;

namespace SggLab.Tracking.Telemetry;

/// <summary>The stored files that a record names.</summary>
internal static class RecordBlobs
{
    public static IEnumerable<string> NamedBy(FramedRecord record) => (record.Type switch
    {
        RecordTypes.Checkpoint => RecordReader.TryReadCheckpoint(record.Line, out _)?.Files ?? [],
        RecordTypes.Rollouts => RecordReader.TryRead<RolloutsRecord>(record.Line, out _) is { Shard: { } shard } ? [shard] : [],
        RecordTypes.Evaluation => RecordReader.TryReadEvaluation(record.Line, out _) is { Predictions: { } predictions } ? [predictions] : [],
        _ => Array.Empty<BlobFile>(),
    }).Select(file => file.Sha256);
}
