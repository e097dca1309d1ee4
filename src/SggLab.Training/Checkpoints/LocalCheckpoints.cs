using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Records;

namespace SggLab.Training.Checkpoints;

/// <summary>A full checkpoint on this machine.</summary>
public sealed record LocalCheckpoint(string Folder, string Id, int Step);

/// <summary>Finds the checkpoint from which a run without a server goes on.</summary>
public static class LocalCheckpoints
{
    /// <summary>The newest full checkpoint of that spec named in a folder's records.jsonl, or null.</summary>
    public static LocalCheckpoint? Newest(string folder, string specHash)
    {
        var records = Path.Combine(folder, "records.jsonl");
        if (!File.Exists(records))
            return null;
        return File.ReadLines(records)
            .Where(line => line.EndsWith('}'))
            .Select(line => JsonSerializer.Deserialize<RunRecord>(line, LabJson.Options)!)
            .Where(record => record.Type == RecordTypes.Checkpoint)
            .Select(record => record.Data.Deserialize<CheckpointRecord>(LabJson.Options)!)
            .Where(checkpoint => checkpoint.Kind == CheckpointKinds.Full && checkpoint.SpecHash == specHash)
            .Select(checkpoint => new LocalCheckpoint(CheckpointFolder.Name(folder, checkpoint.Step), checkpoint.Id, checkpoint.Step))
            .LastOrDefault(checkpoint => Directory.Exists(checkpoint.Folder));
    }
}
