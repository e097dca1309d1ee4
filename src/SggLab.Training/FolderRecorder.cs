using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Records;

namespace SggLab.Training;

/// <summary>Records of a run that no server watches: JSON lines in a file, in the form that a worker would send.</summary>
/// <param name="file">Appended to; made if missing.</param>
/// <param name="onRecord">Called after a record is on disk, with the line written.</param>
public sealed class FolderRecorder(string file, Action<object, string>? onRecord = null) : IRunRecorder, IDisposable
{
    private readonly FileStream _stream = new(file, FileMode.Append, FileAccess.Write, FileShare.Read);
    private long _records;

    /// <summary>Set to "cancel" or "drain" to stop the run between two steps.</summary>
    public string? StopRequested { get; set; }

    public void Started(StartedRecord record) => Write(RecordTypes.Started, record);
    public void Metrics(MetricsRecord record) => Write(RecordTypes.Metrics, record);
    public void Rollouts(RolloutsRecord record, string shardFile) => Write(RecordTypes.Rollouts, record);
    public void Checkpoint(CheckpointRecord record, string folder) => Write(RecordTypes.Checkpoint, record);
    public void Evaluation(EvaluationRecord record, string predictionsFile) => Write(RecordTypes.Evaluation, record);
    public void Log(string level, string text) => Write(RecordTypes.Log, new LogRecord(level, text));
    public void Closed(ClosedRecord record) => Write(RecordTypes.Closed, record);

    private void Write<T>(string type, T data) where T : notnull
    {
        var record = new RunRecord { N = ++_records, Type = type, At = DateTimeOffset.UtcNow, Data = JsonSerializer.SerializeToElement(data, LabJson.Options) };
        var line = JsonSerializer.Serialize(record, LabJson.Options);
        _stream.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        _stream.Flush(flushToDisk: true);
        onRecord?.Invoke(data, line);
    }

    public void Dispose() => _stream.Dispose();
}
