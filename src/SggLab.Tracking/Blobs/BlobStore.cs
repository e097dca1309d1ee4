using System.Security.Cryptography;
using Npgsql;
using SggLab.Contracts;

namespace SggLab.Tracking.Blobs;

/// <summary>Files by their SHA-256, in a folder: blobs/ab/abcd…; written under a temporary name, hashed, fsynced, renamed, then noted in lab.blob.</summary>
public sealed class BlobStore(NpgsqlDataSource source, string folder)
{
    /// <summary>Keeps the content under its hash; keeping it twice changes nothing.</summary>
    /// <returns>False if the content has another hash: nothing was kept.</returns>
    public async Task<bool> PutAsync(string sha256, Stream content, CancellationToken cancellation = default)
    {
        if (await HasAsync(sha256, cancellation))
        {
            await content.CopyToAsync(Stream.Null, cancellation);
            return true;
        }
        var incoming = Path.Combine(folder, "incoming");
        Directory.CreateDirectory(incoming);
        var temporary = Path.Combine(incoming, $"{sha256}.{LabId.New()}");
        try
        {
            var (found, length) = await WriteAsync(temporary, content, cancellation);
            if (found != sha256)
                return false;
            var target = PathOf(sha256);
            var parent = Path.GetDirectoryName(target)!;
            Directory.CreateDirectory(parent);
            File.Move(temporary, target, overwrite: true);
            FolderSync.Flush(parent);
            await NoteAsync(sha256, length, cancellation);
            return true;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Noted in the database and there on disk.</summary>
    public async Task<bool> HasAsync(string sha256, CancellationToken cancellation = default)
    {
        await using var command = source.CreateCommand("select 1 from lab.blob where sha256 = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = sha256 });
        return await command.ExecuteScalarAsync(cancellation) is not null && File.Exists(PathOf(sha256));
    }

    /// <returns>null if there is no such blob.</returns>
    public FileStream? Open(string sha256)
    {
        try
        {
            return new FileStream(PathOf(sha256), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>64 lower-case hex digits; anything else must not reach a path.</summary>
    public static bool IsHash(string? text) => text is { Length: 64 } && text.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f');

    private string PathOf(string sha256) =>
        IsHash(sha256) ? Path.Combine(folder, sha256[..2], sha256) : throw new ArgumentException("A blob's name is its SHA-256 in lower-case hex.", nameof(sha256));

    private static async Task<(string Sha256, long Length)> WriteAsync(string file, Stream content, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var target = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        var buffer = new byte[1 << 17];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }
        target.Flush(flushToDisk: true);
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), target.Length);
    }

    private async Task NoteAsync(string sha256, long length, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("insert into lab.blob (sha256, bytes) values ($1, $2) on conflict do nothing");
        command.Parameters.Add(new NpgsqlParameter { Value = sha256 });
        command.Parameters.Add(new NpgsqlParameter { Value = length });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
