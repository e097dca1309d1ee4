using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Cli.Site;

/// <summary>Small state files: written whole under another name, then renamed, so that a reader never sees half of one.</summary>
internal static class JsonFile
{
    /// <summary>What command line contracts print: as <see cref="LabJson"/>, with absent values written as null.</summary>
    public static JsonSerializerOptions Contract { get; } = new(LabJson.Options) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.Never };

    private static readonly JsonSerializerOptions s_tolerant = new(LabJson.Indented) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Skip };

    public static void Write<T>(string path, T value)
    {
        var part = $"{path}.{Environment.ProcessId}.part";
        File.WriteAllText(part, JsonSerializer.Serialize(value, s_tolerant) + "\n");
        File.Move(part, path, overwrite: true);
    }

    /// <summary>Null where the file is missing or cannot be read: these files only say what runs now, and are made anew.</summary>
    public static T? Read<T>(string path) where T : class
    {
        try { return JsonSerializer.Deserialize<T>(File.ReadAllText(path), s_tolerant); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException) { return null; }
    }
}
