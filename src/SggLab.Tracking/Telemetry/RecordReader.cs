using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using SggLab.Contracts.Records;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Telemetry;

/// <summary>Reads what a stored line says; a line that says nothing readable is kept all the same.</summary>
internal static class RecordReader
{
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

    /// <summary>A checkpoint that can be registered: its ids are ids, its files are named.</summary>
    public static CheckpointRecord? TryReadCheckpoint(byte[] line, out string? problem)
    {
        if (TryRead<CheckpointRecord>(line, out problem) is not { } read)
            return null;
        problem = !LabId.IsValid(read.Id) || read.Parent is not null && !LabId.IsValid(read.Parent) ? "its id or its parent's is not the hash of a manifest"
            : read.Files.Any(file => file is null) ? "one of its files is null" : null;
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
