using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using SggLab.Contracts.Api;
using SggLab.Tracking;
using SggLab.Tracking.Queue;
using SggLab.Tracking.Telemetry;

namespace SggLab.Web.Api.Runs;

/// <summary>What a worker under a lease sends.</summary>
internal static class RecordRoutes
{
    /// <summary>Largest batch, unpacked.</summary>
    private const int LargestBatch = 64 << 20;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/runs/{id}/attempts/{attempt:int}/records", AppendAsync).WithMetadata(new RequestSizeLimitAttribute(LargestBatch)).For(ApiRoles.Workers);
        api.MapPost("/runs/{id}/attempts/{attempt:int}/renew", async (string id, int attempt, LabCommands commands, HttpContext context) =>
        {
            var renew = await ApiAnswer.ReadAsync<RenewLease>(context);
            return ApiAnswer.Of(await commands.SendAsync(new KeepLease(context.Actor(), id, attempt, renew.Fence)));
        }).For(ApiRoles.Workers);
    }

    private static async Task<IResult> AppendAsync(string id, int attempt, RecordIngest ingest, HttpContext context)
    {
        if (!long.TryParse(context.Request.Headers["X-Fence"], NumberStyles.None, CultureInfo.InvariantCulture, out var fence))
            return ApiAnswer.Error(StatusCodes.Status400BadRequest, "Records come with the header X-Fence: the fence of the lease, a whole number.", "X-Fence");
        var body = await ReadAsync(context);
        return ApiAnswer.Of(await ingest.AppendAsync(context.Actor(), id, attempt, fence, body, context.RequestAborted));
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        var body = new ArrayBufferWriter<byte>(1 << 14);
        int read;
        while ((read = await context.Request.Body.ReadAsync(body.GetMemory(1 << 14), context.RequestAborted)) > 0)
        {
            body.Advance(read);
            if (body.WrittenCount > LargestBatch)
                throw new BadHttpRequestException("too large", StatusCodes.Status413PayloadTooLarge);
        }
        return body.WrittenMemory;
    }
}
