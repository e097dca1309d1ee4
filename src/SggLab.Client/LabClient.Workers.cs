using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Api;

namespace SggLab.Client;

/// <summary>What a worker says to the queue.</summary>
public sealed partial class LabClient
{
    // A few lines gain nothing by compression.
    private const int CompressFrom = 2048;

    public Task RegisterAsync(RegisterWorker worker, CancellationToken stop = default) => RepeatAsync(true, async () =>
    {
        using var limit = Limit(CallTimeout, stop);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(worker, LabJson.Options);
        using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, "api/v1/workers") { Content = Json(bytes) }, limit.Token, stop);
        return true;
    }, stop);

    /// <summary>The process ends cleanly and is listed no more. Sent once: what is missed shows as a worker that fell silent.</summary>
    public async Task SignOffAsync(string workerId, string incarnation, CancellationToken stop = default)
    {
        using var limit = Limit(CallTimeout, stop);
        using var reply = await SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, Query($"api/v1/workers/{Part(workerId)}", ("incarnation", incarnation))), limit.Token, stop);
    }

    /// <summary>null when nothing waits. A worker whose answer got lost is given the same lease again.</summary>
    public Task<LeaseGrant?> LeaseAsync(string workerId, CancellationToken stop = default) =>
        TryCallAsync<LeaseGrant>(HttpMethod.Post, $"api/v1/workers/{Part(workerId)}/lease", null, repeatable: true, stop);

    /// <summary>Sent once: the next beat comes soon. A conflict means that the run went elsewhere.</summary>
    public Task<LeaseRenewed> RenewAsync(string runId, int attempt, long fence, CancellationToken stop = default) =>
        CallAsync<LeaseRenewed>(HttpMethod.Post, $"api/v1/runs/{Part(runId)}/attempts/{attempt}/renew", new RenewLease(fence), repeatable: false, stop);

    /// <summary>Posts JSON lines of records in order, once; large batches go compressed. A repetition is acknowledged as duplicates.</summary>
    public async Task<RecordsAccepted> SendRecordsAsync(string runId, int attempt, long fence, ReadOnlyMemory<byte> lines, CancellationToken stop = default)
    {
        var path = $"api/v1/runs/{Part(runId)}/attempts/{attempt}/records";
        using var limit = Limit(CallTimeout, stop);
        using var reply = await SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Lines(lines) };
            request.Headers.Add("X-Fence", fence.ToString(CultureInfo.InvariantCulture));
            return request;
        }, limit.Token, stop);
        return await ReadAsync<RecordsAccepted>(reply, path, limit.Token, stop);
    }

    private static ByteArrayContent Lines(ReadOnlyMemory<byte> lines)
    {
        ByteArrayContent content;
        if (lines.Length < CompressFrom)
        {
            content = new ByteArrayContent(lines.ToArray());
        }
        else
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(lines.Span);
            content = new ByteArrayContent(packed.GetBuffer(), 0, (int)packed.Length);
            content.Headers.ContentEncoding.Add("gzip");
        }
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        return content;
    }
}
