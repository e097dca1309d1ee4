using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Tracking;

namespace SggLab.Web.Api;

/// <summary>Answers in the wire's JSON dialect.</summary>
internal static class ApiAnswer
{
    public static IResult Of<T>(T value, int status = StatusCodes.Status200OK) => Results.Json(value, LabJson.Options, statusCode: status);

    public static IResult Error(int status, string message, string? field = null, long? expected = null) => Of(new ApiError(message, field, expected), status);

    public static IResult OrNotFound<T>(T? value, string message) where T : class => value is null ? Error(StatusCodes.Status404NotFound, message) : Of(value);

    public static IResult Of<T>(Outcome<T> outcome) => Of(outcome, value => Of(value));

    public static IResult Of<T>(Outcome<T> outcome, Func<T, IResult> done) => outcome.Refusal is { } refusal
        ? Error(refusal.Kind switch
        {
            RefusalKind.Malformed => StatusCodes.Status400BadRequest,
            RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
            RefusalKind.NotFound => StatusCodes.Status404NotFound,
            RefusalKind.Conflict => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status422UnprocessableEntity,
        }, refusal.Message, refusal.Field, refusal.Expected)
        : done(outcome.Value!);

    private static readonly JsonSerializerOptions Requests = new(LabJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RequiredMembers.OfMessages } } };

    /// <exception cref="JsonException">The body is not such a record, or lacks a member; the gate turns this into an answer.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context) =>
        await JsonSerializer.DeserializeAsync<T>(context.Request.Body, Requests, context.RequestAborted) ?? throw new JsonException("The body is null.");
}
