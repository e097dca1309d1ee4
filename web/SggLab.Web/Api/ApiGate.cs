using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Postgres;
using SggLab.Tracking.Access;
using SggLab.Tracking.Store;

namespace SggLab.Web.Api;

/// <summary>Stands before every API route: a bearer token with a sufficient role, and every failure as an <see cref="ApiError"/>. Cookies count for nothing here.</summary>
internal sealed partial class ApiGate(RequestDelegate next, AccessService access, NpgsqlDataSource source, ILogger<ApiGate> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await PassAsync(context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await FailAsync(context, e);
        }
    }

    private async Task PassAsync(HttpContext context)
    {
        if (await ActorAsync(context) is not { } actor)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await ApiAnswer.Error(StatusCodes.Status401Unauthorized, "The API wants a token that is valid: send the header `Authorization: Bearer TOKEN`. An administrator makes one with `./sgglab token create`.").ExecuteAsync(context);
            return;
        }
        if (context.GetEndpoint()?.Metadata.GetMetadata<ApiRoles>() is not { } needed)
        {
            var known = context.GetEndpoint() is not null;
            await (known
                ? ApiAnswer.Error(StatusCodes.Status405MethodNotAllowed, $"{context.Request.Path} does not answer to {context.Request.Method}.")
                : ApiAnswer.Error(StatusCodes.Status404NotFound, $"There is no {context.Request.Path} in this API.")).ExecuteAsync(context);
            return;
        }
        if (!needed.Allow(actor))
        {
            await ApiAnswer.Error(StatusCodes.Status403Forbidden, $"Token {actor.Name} has the role {actor.Role.ToString().ToLowerInvariant()}; {context.Request.Method} {context.Request.Path} takes the role {needed.Text}.").ExecuteAsync(context);
            return;
        }
        if (context.Request.Path.Value!.Contains('\0', StringComparison.Ordinal) || context.Request.Query.Any(given => given.Key.Contains('\0', StringComparison.Ordinal) || given.Value.Any(value => value?.Contains('\0', StringComparison.Ordinal) is true)))
        {
            await ApiAnswer.Error(StatusCodes.Status400BadRequest, "The request's address holds a character with code 0 (%00); no id and no name has one. Remove it.").ExecuteAsync(context);
            return;
        }
        context.Features.Set(actor);
        await next(context);
    }

    private async Task<Actor?> ActorAsync(HttpContext context)
    {
        const string scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? await access.VerifyTokenAsync(header[scheme.Length..].Trim(), context.RequestAborted) : null;
    }

    private async Task FailAsync(HttpContext context, Exception e)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return;
        var answer = e switch
        {
            ForbiddenException => ApiAnswer.Error(StatusCodes.Status403Forbidden, e.Message),
            LabException => ApiAnswer.Error(StatusCodes.Status422UnprocessableEntity, e.Message),
            BadHttpRequestException bad => ApiAnswer.Error(bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The request is too large; send fewer records at once, and what is large as a blob." : Sentence(bad.Message)),
            JsonException json => ApiAnswer.Error(StatusCodes.Status400BadRequest, $"The request's JSON cannot be read{(json.Path is { Length: > 1 } path ? $" at {path[2..]}" : "")}: {FirstSentence(json.Message)}", json.Path is { Length: > 2 } field ? field[2..] : null),
            InvalidDataException data => ApiAnswer.Error(StatusCodes.Status400BadRequest, $"The request's content cannot be unpacked: {data.Message}"),
            IOException io when IsDiskFull(io) => ApiAnswer.Error(StatusCodes.Status507InsufficientStorage, "The server's disk is full; nothing of this request was kept. Free some space under SGGLAB_HOME on the server; workers go on by themselves then."),
            _ when IsDatabaseAway(e) => Away(context, e),
            _ => Unexpected(context, e),
        };
        await answer.ExecuteAsync(context);
    }

    private IResult Away(HttpContext context, Exception e)
    {
        LogAway(log, context.Request.Method, context.Request.Path, e.Message);
        context.Response.Headers.RetryAfter = "2";
        return ApiAnswer.Error(StatusCodes.Status503ServiceUnavailable, $"The database does not answer. {PostgresProblem.Explain(e, source.ConnectionString).Message}");
    }

    private IResult Unexpected(HttpContext context, Exception e)
    {
        LogUnexpected(log, e, context.Request.Method, context.Request.Path, context.TraceIdentifier);
        return ApiAnswer.Error(StatusCodes.Status500InternalServerError, $"The server failed at this request; its log has the details under {context.TraceIdentifier}.");
    }

    private static bool IsDatabaseAway(Exception e) => e switch
    {
        PostgresException p => p.IsTransient || p.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.DiskFull,
        NpgsqlException or System.Net.Sockets.SocketException or TimeoutException => true,
        _ => e.InnerException is { } inner && IsDatabaseAway(inner),
    };

    /// <summary>ENOSPC, EDQUOT or EFBIG.</summary>
    private static bool IsDiskFull(IOException e) => e.HResult is 28 or 122 or 27;

    /// <summary>A parameter of the wrong kind, in words: the framework speaks of C# types.</summary>
    private static string Sentence(string message) => BadParameter().Match(message) is { Success: true } bad
        ? $"{bad.Groups["name"].Value} is '{bad.Groups["given"].Value}'; wanted is {(bad.Groups["type"].Value is "int" or "long" ? "a whole number" : "a value of kind " + bad.Groups["type"].Value)}."
        : message;

    [GeneratedRegex("""^Failed to bind parameter "(Nullable<)?(?<type>\w+)[>?]? (?<name>\w+)" from "(?<given>.*)"\.$""", RegexOptions.Singleline)]
    private static partial Regex BadParameter();

    private static string FirstSentence(string message)
    {
        var end = message.IndexOf(" Path:", StringComparison.Ordinal);
        return end > 0 ? message[..end] : message;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path}: the database does not answer: {Problem}")]
    private static partial void LogAway(ILogger log, string method, string path, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed ({TraceId})")]
    private static partial void LogUnexpected(ILogger log, Exception e, string method, string path, string traceId);
}
