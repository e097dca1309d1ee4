using SggLab.Contracts.Records;

namespace SggLab.Tracking.Telemetry;

/// <summary>One record of a worker, as the attempt's stream keeps it: the line's exact bytes and its place in the hash chain.</summary>
internal abstract class AttemptRecord
{
    /// <summary>The line as it came, without its line end.</summary>
    public required byte[] Line { get; init; }

    /// <summary>Hash of the record before; of the stream's name for the first one.</summary>
    public required byte[] Previous { get; init; }

    /// <summary>SHA-256 of <see cref="Previous"/> followed by <see cref="Line"/>.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>It came after another attempt had taken over: kept, and never part of a curve or of the run.</summary>
    public required bool Superseded { get; init; }
}

/// <summary>A type for each record type: the daemon loads only what a read model folds. Their payload is binary, so a new shape is a new type.</summary>
internal sealed class StartedRecorded : AttemptRecord;
internal sealed class MetricsRecorded : AttemptRecord;
internal sealed class RolloutsRecorded : AttemptRecord;
internal sealed class CheckpointSaved : AttemptRecord;
internal sealed class EvaluationRecorded : AttemptRecord;
internal sealed class LogWritten : AttemptRecord;
internal sealed class AttemptClosed : AttemptRecord;

/// <summary>A record of a type that this release does not know: a newer worker's. Kept as it came.</summary>
internal sealed class UnknownRecorded : AttemptRecord;

internal static class AttemptRecords
{
    public static IReadOnlyList<Type> Types { get; } =
        [typeof(StartedRecorded), typeof(MetricsRecorded), typeof(RolloutsRecorded), typeof(CheckpointSaved), typeof(EvaluationRecorded), typeof(LogWritten), typeof(AttemptClosed), typeof(UnknownRecorded)];

    public static AttemptRecord Create(Type type, byte[] line, byte[] previous, byte[] hash, bool superseded)
    {
        if (type == typeof(MetricsRecorded)) return new MetricsRecorded { Line = line, Previous = previous, Hash = hash, Superseded = superseded };
        if (type == typeof(StartedRecorded)) return new StartedRecorded { Line = line, Previous = previous, Hash = hash, Superseded = superseded };
        if (type == typeof(RolloutsRecorded)) return new RolloutsRecorded { Line = line, Previous = previous, Hash = hash, Superseded = superseded };
        if (type == typeof(CheckpointSaved)) return new CheckpointSaved { Line = line, Previous = previous, Hash = hash, Superseded = superseded };
        if (type == typeof(EvaluationRecorded)) return new EvaluationRecorded { Line = line, Previous = previous, Hash = hash, Superseded = superseded };
        if (type == typeof(LogWritten)) return new LogWritten { Line = line, Previous = previous, Hash = hash, Superseded = superseded };
        if (type == typeof(AttemptClosed)) return new AttemptClosed { Line = line, Previous = previous, Hash = hash, Superseded = superseded };
        return new UnknownRecorded { Line = line, Previous = previous, Hash = hash, Superseded = superseded };
    }

    public static Type TypeOf(string recordType) => recordType switch
    {
        RecordTypes.Started => typeof(StartedRecorded),
        RecordTypes.Metrics => typeof(MetricsRecorded),
        RecordTypes.Rollouts => typeof(RolloutsRecorded),
        RecordTypes.Checkpoint => typeof(CheckpointSaved),
        RecordTypes.Evaluation => typeof(EvaluationRecorded),
        RecordTypes.Log => typeof(LogWritten),
        RecordTypes.Closed => typeof(AttemptClosed),
        _ => typeof(UnknownRecorded),
    };
}
