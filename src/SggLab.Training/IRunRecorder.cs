using SggLab.Contracts.Records;

namespace SggLab.Training;

/// <summary>What a trainer reports to. Every call returns once the record is safe on this machine's disk; none waits for a network.</summary>
public interface IRunRecorder
{
    void Started(StartedRecord record);
    void Metrics(MetricsRecord record);
    /// <param name="shardFile">Parquet file; the recorder keeps its own copy.</param>
    void Rollouts(RolloutsRecord record, string shardFile);
    /// <param name="folder">Folder that holds the record's files; the recorder keeps its own copy.</param>
    void Checkpoint(CheckpointRecord record, string folder);
    /// <param name="predictionsFile">JSON lines in the format of the predictions files; the recorder keeps its own copy.</param>
    void Evaluation(EvaluationRecord record, string predictionsFile);
    void Log(string level, string text);
    /// <summary>Asked between steps: null, cancel (stop now) or drain (checkpoint, then stop).</summary>
    string? StopRequested { get; }
}
