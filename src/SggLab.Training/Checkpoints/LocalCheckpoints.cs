using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Records;

namespace SggLab.Training.Checkpoints;

/// <summary>A full checkpoint on this machine.</summary>
public sealed record LocalCheckpoint(string Folder, string Id, int Step);

/// <summary>Finds the checkpoint from which a run without a server goes on.</summary>
public static class LocalCheckpoints
{
    /// <summary>The newest full checkpoint of that spec named in a folder's records.jsonl whose files are all as they were saved, or null.</summary>
    /// <param name="warn">Told of each newer checkpoint that is not whole any more, with the file, and of lines that are no records.</param>
    public static LocalCheckpoint? Newest(string folder, string specHash, Action<string> warn)
    {
        foreach (var saved in Saved(folder, warn).Where(saved => saved.SpecHash == specHash))
        {
            var place = CheckpointFolder.Name(folder, saved.Step);
            if (CheckpointFolder.Damage(place, saved.Files) is not { } damage)
                return new LocalCheckpoint(place, saved.Id, saved.Step);
            warn($"The checkpoint of step {saved.Step} cannot be gone on from: {damage}. Looking for an older one.");
        }
        return null;
    }

    /// <summary>The full checkpoints whose folders are there, the last saved first; of several records of one folder only the last speaks of what lies in it.</summary>
    public static IReadOnlyList<CheckpointRecord> Saved(string folder, Action<string> warn) =>
    [
        .. FolderRecorder.Read<CheckpointRecord>(Path.Combine(folder, FolderRecorder.FileName), RecordTypes.Checkpoint, warn)
            .Where(checkpoint => checkpoint.Kind == CheckpointKinds.Full && Directory.Exists(CheckpointFolder.Name(folder, checkpoint.Step)))
            .Reverse().DistinctBy(checkpoint => checkpoint.Step),
    ];
}
