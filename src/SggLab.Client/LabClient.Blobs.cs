using System.Net;
using System.Security.Cryptography;

namespace SggLab.Client;

/// <summary>Files by their content.</summary>
public sealed partial class LabClient
{
    /// <summary>A transfer that stands still this long is given up.</summary>
    public TimeSpan TransferStall { get; init; } = TimeSpan.FromSeconds(60);

    public async Task<bool> HasBlobAsync(string sha256, CancellationToken stop = default)
    {
        try
        {
            return await RepeatAsync(true, async () =>
            {
                using var limit = Limit(CallTimeout, stop);
                using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Head, BlobPath(sha256)), limit.Token, stop);
                return true;
            }, stop);
        }
        catch (LabApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Uploads the file unless the server has it already.</summary>
    public async Task UploadBlobAsync(string sha256, string file, CancellationToken stop = default)
    {
        if (await HasBlobAsync(sha256, stop)) return;
        await RepeatAsync(true, async () =>
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
            using var limit = Limit(TransferStall, stop);
            using var watched = new WatchedStream(stream, () => limit.CancelAfter(TransferStall));
            using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Put, BlobPath(sha256)) { Content = new StreamContent(watched, 1 << 16) }, limit.Token, stop);
            return true;
        }, stop);
    }

    /// <summary>Downloads into the file; it appears under its name only once its content has been verified and is safe on disk.</summary>
    public Task DownloadBlobAsync(string sha256, string file, CancellationToken stop = default) => RepeatAsync(true, async () =>
    {
        using var limit = Limit(TransferStall, stop);
        using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, BlobPath(sha256)), limit.Token, stop);
        var part = $"{file}.{Guid.NewGuid():n}.part";
        try
        {
            string got;
            await using (var stream = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous))
            {
                got = await CopyAsync(reply, stream, limit, stop);
                stream.Flush(flushToDisk: true);
            }
            if (got != sha256)
                throw new LabApiException($"Blob {sha256} arrived with the content of {got}. The server's copy is damaged: `./sgglab checkpoint verify` names what depends on it.", HttpStatusCode.OK);
            File.Move(part, file, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
        return true;
    }, stop);

    /// <summary>Reads a blob to its end and tells what it really holds; null when the server has none of this name.</summary>
    public async Task<string?> HashBlobAsync(string sha256, CancellationToken stop = default)
    {
        try
        {
            return await RepeatAsync(true, async () =>
            {
                using var limit = Limit(TransferStall, stop);
                using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, BlobPath(sha256)), limit.Token, stop);
                return await CopyAsync(reply, Stream.Null, limit, stop);
            }, stop);
        }
        catch (LabApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    private async Task<string> CopyAsync(HttpResponseMessage reply, Stream target, CancellationTokenSource limit, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        await using var source = await reply.Content.ReadAsStreamAsync(stop);
        while (true)
        {
            int read;
            try
            {
                read = await source.ReadAsync(buffer, limit.Token);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !stop.IsCancellationRequested)
            {
                throw NoAnswer(e);
            }
            if (read == 0) return Convert.ToHexStringLower(hash.GetHashAndReset());
            limit.CancelAfter(TransferStall);
            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), stop);
        }
    }

    private static string BlobPath(string sha256) => $"api/v1/blobs/{Part(sha256)}";

    /// <summary>Tells of every read, so that only a stalled transfer runs into its limit.</summary>
    private sealed class WatchedStream(Stream inner, Action moved) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => inner.CanSeek;
        public override bool CanWrite => false;
        public override long Length => inner.Length;
        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            moved();
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            moved();
            return inner.Read(buffer, offset, count);
        }

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);
        public override void Flush() { }
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
