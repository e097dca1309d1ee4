using System.Net;
using SggLab.Contracts;
using SggLab.Contracts.Api;

namespace SggLab.Client;

/// <summary>A call that the server refused, or that never reached it. The message is the server's own where it sent one.</summary>
/// <param name="status">null when no answer came.</param>
public sealed class LabApiException(string message, HttpStatusCode? status, ApiError? error = null, TimeSpan? retryAfter = null, bool maybeDone = false, Exception? inner = null)
    : LabException(message, ExitCodeOf(status), inner)
{
    public HttpStatusCode? Status { get; } = status;
    /// <summary>The field of the request that is wrong, where the server names one.</summary>
    public string? Field { get; } = error?.Field;
    /// <summary>After a gap: the record number that the server waits for.</summary>
    public long? Expected { get; } = error?.Expected;
    public TimeSpan? RetryAfter { get; } = retryAfter;
    /// <summary>No answer came, yet the server may have carried the call out: the connection broke after the request was sent.</summary>
    public bool MaybeDone { get; } = maybeDone;

    public bool IsUnreachable => Status is null;
    public bool IsUnauthorized => Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
    /// <summary>The command's fence is old, or a record number leaves a gap (then <see cref="Expected"/> is set).</summary>
    public bool IsConflict => Status is HttpStatusCode.Conflict;
    public bool IsNotFound => Status is HttpStatusCode.NotFound;

    /// <summary>Something answered with success and said nothing that this API says: a proxy's page, or a blob with other content.</summary>
    public bool IsGarbled => Status is HttpStatusCode.OK;

    /// <summary>The same call may succeed a little later.</summary>
    public bool IsTransient => Status is null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    // 3 = a part of the environment is missing: the server does not answer.
    private static int ExitCodeOf(HttpStatusCode? status) => status is null or >= HttpStatusCode.InternalServerError ? 3 : 2;
}
