using System.Text.Json;
using System.Text.Json.Serialization;
using SggLab.Contracts;

namespace SggLab.Tracking.Store;

/// <summary>The dialect of stored events: the wire's, but a member written by a newer node is skipped instead of refused.</summary>
internal static class EventJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>As <see cref="Options"/>, for records of workers: a missing member is an error, an unknown one is a newer worker's.</summary>
    public static JsonSerializerOptions Strict { get; } = new(LabJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, RespectRequiredConstructorParameters = false };

    public static JsonSerializerOptions Create() => new(LabJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, RespectNullableAnnotations = false };
}
