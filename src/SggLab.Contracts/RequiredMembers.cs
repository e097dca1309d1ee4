using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;

namespace SggLab.Contracts;

/// <summary>What is written without its nulls may lack a nullable member and no other: without this a missing one would be null where null cannot be.</summary>
public static class RequiredMembers
{
    /// <summary>A modifier of JSON type information, for records of workers and requests of the API.</summary>
    public static void OfMessages(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || type.Type.Namespace != typeof(RunRecord).Namespace && type.Type.Namespace != typeof(QueueExperiment).Namespace)
            return;
        var nullability = new NullabilityInfoContext();
        foreach (var member in type.Properties)
            if (member.AttributeProvider is PropertyInfo property)
                member.IsRequired = nullability.Create(property).ReadState == NullabilityState.NotNull;
    }
}
