using System.Security.Cryptography;
using SggLab.Client;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Worker.Journals;

namespace SggLab.Worker.Blobs;

/// <summary>Checkpoint files that this machine has already, by content. The oldest go when the limit is passed.</summary>
public sealed class BlobCache(string folder, long limitBytes)
{
    private string PathOf(string sha256) => Path.Combine(folder, sha256);

    /// <summary>Moves a file whose content is known into the cache.</summary>
    public void Adopt(string file, string sha256)
    {
        Directory.CreateDirectory(folder);
        if (File.Exists(PathOf(sha256))) File.Delete(file);
        else File.Move(file, PathOf(sha256));
    }

    /// <summary>Lays a checkpoint's files out in a folder, from the cache where it has them, else from the server; each is verified.</summary>
    public async Task LayOutAsync(LabClient client, CheckpointFiles checkpoint, string target, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in checkpoint.Files)
        {
            var path = CheckpointPaths.Inside(target, checkpoint.Id, file);
            var cached = PathOf(file.Sha256);
            if (!await IsWholeAsync(cached, file, stop))
            {
                File.Delete(cached);
                await client.DownloadBlobAsync(file.Sha256, cached, stop);
            }
            File.SetLastWriteTimeUtc(cached, DateTime.UtcNow);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Delete(path);
            if (!Posix.TryHardLink(cached, path)) File.Copy(cached, path);
        }
    }

    /// <summary>Deletes the files used longest ago until the rest fits the limit.</summary>
    public void Trim()
    {
        if (!Directory.Exists(folder)) return;
        var kept = 0L;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().OrderByDescending(f => f.LastWriteTimeUtc))
            if ((kept += file.Length) > limitBytes) file.Delete();
    }

    private static async Task<bool> IsWholeAsync(string path, BlobFile file, CancellationToken stop)
    {
        if (!File.Exists(path) || new FileInfo(path).Length != file.Bytes) return false;
        await using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, stop)) == file.Sha256;
    }
}
