using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SggLab.Contracts;

namespace SggLab.Tracking.Store;

/// <summary>The dialect of stored events: the wire's, but a member written by a newer node is skipped instead of refused.</summary>
internal static class EventJson
{
    /// <summary>As on the wire: snake_case text.</summary>
    public static JsonStringEnumConverter Enums { get; } = new(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>As <see cref="Options"/>, for the data of workers' records: a missing member that is not nullable is an error.</summary>
    public static JsonSerializerOptions Records { get; } = new(LabJson.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RequiredMembers.OfMessages } },
    };

    public static JsonSerializerOptions Create() => new(LabJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, RespectNullableAnnotations = false };
}
