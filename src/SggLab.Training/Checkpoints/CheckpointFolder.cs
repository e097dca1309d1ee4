using System.Security.Cryptography;
using SggLab.Contracts;
using SggLab.Contracts.Records;

namespace SggLab.Training.Checkpoints;

/// <summary>Kinds of checkpoint: base (starting weights), weights, full (a run can go on from it).</summary>
public static class CheckpointKinds
{
    public const string Base = "base", Weights = "weights", Full = "full";
}

/// <summary>What a checkpoint's id is the hash of: content and where it came from, nothing that differs between machines.</summary>
public sealed record CheckpointManifest(int Step, string Kind, string? Parent, IReadOnlyList<BlobFile> Files, string SpecHash, string? DatasetHash, string CodeVersion);

/// <summary>Checkpoint folders on disk: written under a temporary name, flushed, then renamed, so that a folder under its final name is whole.</summary>
public static class CheckpointFolder
{
    /// <summary>Writes a folder by <paramref name="write"/> and gives it its final name; an older folder of that name is replaced.</summary>
    public static void Write(string folder, Action<string> write)
    {
        var unfinished = folder + ".partial";
        DeleteIfThere(unfinished);
        Directory.CreateDirectory(unfinished);
        try
        {
            write(unfinished);
            foreach (var file in Directory.EnumerateFiles(unfinished, "*", SearchOption.AllDirectories))
                Flush(file);
        }
        catch
        {
            // A disk that is full gets its room back.
            TryDelete(unfinished);
            throw;
        }
        DeleteIfThere(folder);
        Directory.Move(unfinished, folder);
    }

    /// <summary>The record of a folder's content; its id is made from <see cref="CheckpointManifest"/>.</summary>
    public static CheckpointRecord Describe(string folder, int step, string kind, string? parent, string specHash, string? datasetHash)
    {
        var manifest = new CheckpointManifest(step, kind, parent, Files(folder), specHash, datasetHash, RunningJob.CodeVersion);
        return new CheckpointRecord(ContentHash.OfJson(manifest)[..16], step, kind, parent, manifest.Files, specHash, datasetHash, manifest.CodeVersion);
    }

    /// <summary>All files below a folder by path ('/' between parts, ordinal order) with SHA-256 and length.</summary>
    public static IReadOnlyList<BlobFile> Files(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (Path: Path.GetRelativePath(folder, file).Replace('\\', '/'), File: file))
            .OrderBy(item => item.Path, StringComparer.Ordinal)
            .Select(item => Blob(item.Path, item.File)),
    ];

    public static BlobFile Blob(string path, string file)
    {
        using var stream = File.OpenRead(file);
        return new BlobFile(path, Convert.ToHexStringLower(SHA256.HashData(stream)), stream.Length);
    }

    /// <summary>Removes checkpoint folders (step-00000123) beside the one just written until at most so many and so many bytes are left, lowest steps first.</summary>
    /// <param name="written">Stays, whatever its step: it is what the run has.</param>
    public static void Retain(string written, int keep, long keepBytes = long.MaxValue)
    {
        var (folders, bytes) = (0, 0L);
        foreach (var folder in Of(Path.GetDirectoryName(written)!).OrderByDescending(folder => Path.GetFileName(folder) == Path.GetFileName(written)))
        {
            bytes += Bytes(folder);
            if (folders++ > 0 && (folders > keep || bytes > keepBytes))
                Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Length of all files below a folder; 0 where there is none.</summary>
    public static long Bytes(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) : 0;

    /// <summary>The checkpoint folders of a work folder, highest step first.</summary>
    public static IReadOnlyList<string> Of(string workFolder) => !Directory.Exists(workFolder) ? [] :
    [
        .. Directory.EnumerateDirectories(workFolder, "step-*").Where(name => !name.EndsWith(".partial", StringComparison.Ordinal)).OrderDescending(StringComparer.Ordinal),
    ];

    /// <summary>What is wrong with a folder that should hold these files: the first that is missing, of another length or of other bytes; null where all are as they were.</summary>
    public static string? Damage(string folder, IReadOnlyList<BlobFile> files)
    {
        foreach (var file in files)
        {
            var path = Path.Combine(folder, file.Path);
            if (!File.Exists(path))
                return $"{path} is missing";
            if (new FileInfo(path).Length is var length && length != file.Bytes)
                return $"{path} has {length} bytes, {file.Bytes} when it was saved";
            if (Blob(file.Path, path).Sha256 != file.Sha256)
                return $"{path} has changed since it was saved (another SHA-256)";
        }
        return null;
    }

    public static string Name(string workFolder, int step) => Path.Combine(workFolder, $"step-{step:D8}");

    private static void Flush(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Why the folder could not be written is what the user needs to hear, not that it could not be removed either.</summary>
    private static void TryDelete(string folder)
    {
        try
        {
            DeleteIfThere(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
