using Microsoft.AspNetCore.Mvc;
using SggLab.Tracking.Blobs;

namespace SggLab.Web.Api.Blobs;

/// <summary>Files by their SHA-256.</summary>
internal static class BlobRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        // A blob is as large as it is.
        api.MapPut("/blobs/{sha256}", PutAsync).WithMetadata(new DisableRequestSizeLimitAttribute()).For(ApiRoles.Uploaders);
        api.MapMethods("/blobs/{sha256}", [HttpMethods.Head], HeadAsync).For(ApiRoles.Everyone);
        api.MapGet("/blobs/{sha256}", Get).For(ApiRoles.Everyone);
    }

    private static async Task<IResult> PutAsync(string sha256, BlobStore blobs, HttpContext context)
    {
        if (!BlobStore.IsHash(sha256))
            return NotAHash(sha256);
        return await blobs.PutAsync(sha256, context.Request.Body, context.RequestAborted)
            ? Results.NoContent()
            : ApiAnswer.Error(StatusCodes.Status422UnprocessableEntity, $"The content's SHA-256 is not {sha256}: it was changed on its way, or the file is another one. Nothing was kept; send it again.", "sha256");
    }

    private static async Task<IResult> HeadAsync(string sha256, BlobStore blobs, HttpContext context)
    {
        if (!BlobStore.IsHash(sha256) || !await blobs.HasAsync(sha256, context.RequestAborted))
            return Results.StatusCode(StatusCodes.Status404NotFound);
        await using var file = blobs.Open(sha256);
        context.Response.ContentLength = file?.Length;
        return Results.StatusCode(file is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK);
    }

    private static IResult Get(string sha256, BlobStore blobs)
    {
        if (!BlobStore.IsHash(sha256))
            return NotAHash(sha256);
        return blobs.Open(sha256) is { } file
            ? Results.Stream(file, "application/octet-stream", enableRangeProcessing: true)
            : ApiAnswer.Error(StatusCodes.Status404NotFound, $"There is no blob {sha256} here.");
    }

    private static IResult NotAHash(string given) =>
        ApiAnswer.Error(StatusCodes.Status400BadRequest, $"A blob's name is its SHA-256, 64 lower-case hex digits; given was '{(given.Length > 80 ? given[..80] : given)}'.", "sha256");
}
