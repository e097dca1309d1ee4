using System.Security.Cryptography;
using SggLab.Contracts;
using SggLab.Worker.Journals;

namespace SggLab.Worker.Blobs;

/// <summary>Files that records name, kept under their content's hash until the server has acknowledged the record.</summary>
public sealed class Outbox(string folder)
{
    public string PathOf(string sha256) => Path.Combine(folder, sha256);

    /// <summary>
    /// Keeps the file: a hard link where the file system allows one (so that a checkpoint of gigabytes is not written twice), else a copy. Its content is
    /// hashed and must be the one announced; it is safe on disk when this returns.
    /// </summary>
    /// <exception cref="LabException">The file is missing or holds something else.</exception>
    public void Keep(string file, string sha256)
    {
        var kept = PathOf(sha256);
        if (File.Exists(kept)) return;
        if (!File.Exists(file)) throw new LabException($"The record names {file} as a file to keep, but there is none. The trainer must write it before it reports it.");
        Directory.CreateDirectory(folder);
        var part = $"{kept}.part";
        File.Delete(part);
        if (!Posix.TryHardLink(file, part)) File.Copy(file, part);
        var content = HashAndSync(part);
        if (content != sha256)
        {
            File.Delete(part);
            throw new LabException($"{file} holds the content {content}, but the record says {sha256}. The trainer must not change a file that it has reported.");
        }
        File.Move(part, kept);
        FolderSync.Flush(folder);
    }

    private static string HashAndSync(string file)
    {
        using var stream = File.OpenRead(file);
        var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        RandomAccess.FlushToDisk(stream.SafeFileHandle);
        return hash;
    }
}
