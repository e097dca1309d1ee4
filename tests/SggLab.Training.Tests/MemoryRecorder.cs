using SggLab.Contracts.Records;

namespace SggLab.Training.Tests;

/// <summary>Keeps what a trainer reports, with copies of the folders it reports, and can ask it to stop.</summary>
internal sealed class MemoryRecorder(string folder) : IRunRecorder
{
    public List<object> Records { get; } = [];
    public Dictionary<int, string> Folders { get; } = [];
    /// <summary>Asked after each record: what StopRequested answers from then on.</summary>
    public Func<object, string?> StopAfter { get; init; } = _ => null;
    /// <summary>Asked whenever the trainer asks: a stop that comes between two records.</summary>
    public Func<MemoryRecorder, string?> StopWhenAsked { get; init; } = _ => null;
    private string? _stop;
    public string? StopRequested => _stop ??= StopWhenAsked(this);

    public IEnumerable<T> Of<T>() => Records.OfType<T>();
    public double?[] Series(string metric) => [.. Of<MetricsRecord>().Where(record => record.Series.ContainsKey(metric)).SelectMany(record => record.Series[metric])];

    public void Started(StartedRecord record) => Add(record);
    public void Metrics(MetricsRecord record) => Add(record);
    /// <summary>Given the file of each shard while it is there.</summary>
    public Action<string> OnShard { get; init; } = _ => { };

    public void Rollouts(RolloutsRecord record, string shardFile)
    {
        OnShard(shardFile);
        Add(record);
    }

    public void Evaluation(EvaluationRecord record, string predictionsFile) => Add(record);
    public void Log(string level, string text) => Add(new LogRecord(level, text));

    public void Checkpoint(CheckpointRecord record, string from)
    {
        var copy = Path.Combine(folder, $"recorded-{record.Step}-{record.Kind}");
        if (Directory.Exists(copy))
            Directory.Delete(copy, recursive: true);
        foreach (var file in record.Files)
        {
            var target = Path.Combine(copy, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(from, file.Path), target);
        }
        Folders[record.Step] = copy;
        Add(record);
    }

    private void Add(object record)
    {
        Records.Add(record);
        _stop = StopAfter(record) ?? _stop;
    }
}

/// <summary>A folder of its own, gone at the end of the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sgglab-training-").FullName;
    public string this[string name] => System.IO.Path.Combine(Path, name);
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
