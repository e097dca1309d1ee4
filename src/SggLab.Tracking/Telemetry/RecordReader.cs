using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using SggLab.Contracts.Records;
using SggLab.Contracts;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Telemetry;

/// <summary>Reads what a stored line says; a line that says nothing readable is kept all the same.</summary>
internal static class RecordReader
{
    // Their product fits a bigint: a sum of sizes can never overflow.
    private const long MostBytes = 1L << 46;
    private const int MostFiles = 1 << 16;

    /// <summary>The record's data, or null with what is wrong with it.</summary>
    public static T? TryRead<T>(byte[] line, out string? problem) where T : class
    {
        try
        {
            using var parsed = JsonDocument.Parse(LenientJson.Clean(line));
            problem = null;
            if (!parsed.RootElement.TryGetProperty("data", out var data))
            {
                problem = "it has no data";
                return null;
            }
            var read = data.Deserialize<T>(EventJson.Records);
            problem = read is null ? "its data is null" : null;
            return read;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NotSupportedException)
        {
            problem = e.Message;
            return null;
        }
    }

    /// <summary>What is wrong with a record of metrics, rollouts or a log, in whole or in part; null where all of it can be read, and for other types.</summary>
    public static string? TelemetryProblem(FramedRecord record)
    {
        string? problem = null;
        switch (record.Type)
        {
            case RecordTypes.Metrics:
                if (TryRead<MetricsRecord>(record.Line, out problem) is { } metrics)
                    problem = metrics.Series.FirstOrDefault(series => !MetricChunks.IsReadable(series, metrics.Steps)) is { Key: { } name } odd
                        ? $"series '{SafeText.Of(name, 80)}' has {odd.Value?.Count ?? 0} values for {metrics.Steps.Count} steps, or a name longer than {MetricChunks.LongestName} characters; it is left out" : null;
                break;
            case RecordTypes.Rollouts:
                TryRead<RolloutsRecord>(record.Line, out problem);
                break;
            case RecordTypes.Log:
                TryRead<LogRecord>(record.Line, out problem);
                break;
        }
        return problem;
    }

    /// <summary>A checkpoint that can be registered: its ids are ids, its files are named by their hashes and have a size that can be.</summary>
    public static CheckpointRecord? TryReadCheckpoint(byte[] line, out string? problem)
    {
        if (TryRead<CheckpointRecord>(line, out problem) is not { } read)
            return null;
        problem = !LabId.IsValid(read.Id) || read.Parent is not null && !LabId.IsValid(read.Parent) ? "its id or its parent's is not the hash of a manifest"
            : read.Files.Any(file => file is null || !Blobs.BlobStore.IsHash(file.Sha256) || file.Path.Length is 0 or > 1000) ? "each of its files has a path of 1 to 1000 characters and a SHA-256 in lower-case hex"
            : read.Files.Any(file => file.Bytes is < 0 or > MostBytes) || read.Files.Count > MostFiles ? $"it has at most {MostFiles} files of 0 to {MostBytes} bytes" : null;
        return problem is null ? read : null;
    }

    /// <summary>An evaluation that can be ranked: what names its board is short enough to be a key.</summary>
    public static EvaluationRecord? TryReadEvaluation(byte[] line, out string? problem)
    {
        const int longest = 200;
        if (TryRead<EvaluationRecord>(line, out problem) is not { } read)
            return null;
        string[] names = [read.Checkpoint, read.Protocol, read.ProtocolHash, read.Dataset, read.Split];
        problem = names.Any(name => name.Length is 0 or > longest) ? $"its checkpoint, protocol, protocolHash, dataset and split have 1 to {longest} characters" : null;
        return problem is null ? read : null;
    }

    /// <summary>The record's data as JSON, or the line as text where it is none.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The element lives on in the answer; the document holds no pooled memory once cloned.")]
    public static JsonElement Data(byte[] line)
    {
        try
        {
            using var parsed = JsonDocument.Parse(LenientJson.Clean(line));
            return (parsed.RootElement.TryGetProperty("data", out var data) ? data : parsed.RootElement).Clone();
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(new { unreadable = System.Text.Encoding.UTF8.GetString(line) });
        }
    }

    /// <summary>attempt-RUN-N.</summary>
    public static (string RunId, int Attempt) AttemptOf(string streamKey)
    {
        var dash = streamKey.LastIndexOf('-');
        return (streamKey["attempt-".Length..dash], int.Parse(streamKey.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
