using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Records;

namespace SggLab.Training;

/// <summary>Records of a run that no server watches: JSON lines in a file, in the form that a worker would send.</summary>
/// <param name="file">Appended to; made if missing.</param>
/// <param name="onRecord">Called after a record is on disk, with the line written.</param>
public sealed class FolderRecorder(string file, Action<object, string>? onRecord = null) : IRunRecorder, IDisposable
{
    /// <summary>What the file is called in a run's folder.</summary>
    public const string FileName = "records.jsonl";

    // EWOULDBLOCK, as .NET hands the kernel's number on.
    private const int Locked = 11;

    private readonly FileStream _lock = Lock(file);
    private readonly FileStream _stream = Open(file);
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

    /// <summary>The records of one type in a file, oldest first.</summary>
    /// <param name="file">Need not exist.</param>
    /// <param name="warn">Told of each line that is no record, with its number; the last one may be torn where the machine went down.</param>
    public static IReadOnlyList<T> Read<T>(string file, string type, Action<string> warn) where T : class
    {
        var (found, number) = (new List<T>(), 0);
        foreach (var line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            number++;
            try
            {
                if (line.Length > 0 && JsonSerializer.Deserialize<RunRecord>(line, LabJson.Options)! is { } record && record.Type == type)
                    found.Add(record.Data.Deserialize<T>(LabJson.Options)!);
            }
            catch (JsonException e)
            {
                warn($"{file}, line {number} is passed over, since it is no whole record: {e.Message}");
            }
        }
        return found;
    }

    /// <summary>Held while a run writes: two in one folder would mix their records and overwrite each other's files.</summary>
    private static FileStream Lock(string file)
    {
        try
        {
            return new FileStream(file + ".lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (e.HResult == Locked)
        {
            throw new LabException($"Another process is writing in {Path.GetDirectoryName(file)}. Wait until it has ended, or give another place with --out.", inner: e);
        }
    }

    private static FileStream Open(string file)
    {
        var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (stream.Length == 0)
            return stream;
        stream.Seek(-1, SeekOrigin.End);
        // A torn last line ends here, so that the next record has a line of its own.
        if (stream.ReadByte() != '\n')
            stream.WriteByte((byte)'\n');
        return stream;
    }

    private void Write<T>(string type, T data) where T : notnull
    {
        var record = new RunRecord { N = ++_records, Type = type, At = DateTimeOffset.UtcNow, Data = JsonSerializer.SerializeToElement(data, LabJson.Options) };
        var line = JsonSerializer.Serialize(record, LabJson.Options);
        _stream.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        _stream.Flush(flushToDisk: true);
        onRecord?.Invoke(data, line);
    }

    public void Dispose()
    {
        _stream.Dispose();
        _lock.Dispose();
    }
}
