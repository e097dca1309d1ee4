using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>JSON files of the reference, read so that whatever is malformed or goes unread is named with its file, line and key.</summary>
internal static class GoldenFile
{
    private const string Unchecked = "so nothing compares it. Remove the key to compare the rest.";

    public static ConfigObject Read(string path)
    {
        if (!File.Exists(path))
            throw new LabException($"There is no file {path}.");
        return Parse(File.ReadAllText(path), path);
    }

    /// <summary>The objects of a file of JSON lines.</summary>
    public static IEnumerable<ConfigObject> Lines(string path)
    {
        var n = 0;
        foreach (var line in File.ReadLines(path))
        {
            n++;
            if (line.Length > 0)
                yield return Parse(line, $"{path}:{n}");
        }
    }

    private static ConfigObject Parse(string json, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigObject(document.RootElement.Clone(), where, "")
                : throw new LabException($"{where} holds a JSON {document.RootElement.ValueKind}; an object was wanted.");
        }
        catch (JsonException e)
        {
            throw new LabException($"{where} is not valid JSON: {e.Message}");
        }
    }

    /// <summary>Fails if a key of a claim was not compared.</summary>
    public static void AllCompared(this ConfigObject claim) => claim.Done(Unchecked);

    /// <summary>Fails if a tensor was not compared.</summary>
    public static void AllCompared(this SafetensorsFile claims, IReadOnlySet<string> compared)
    {
        foreach (var name in claims.Entries.Keys.Where(n => !compared.Contains(n)))
            throw new LabException($"{claims.Path} holds the tensor {name}, which parity does not know, so nothing compares it. Remove it to compare the rest.");
    }

    /// <summary>Items that say which keys are left alone, and why; the keys count as read.</summary>
    public static IEnumerable<ParityItem> NotCompared(this ConfigObject claim, string item, params (string Key, string Reason)[] keys)
    {
        foreach (var (key, reason) in keys.Where(k => claim.Keys.Contains(k.Key, StringComparer.Ordinal)).ToList())
        {
            claim.Ignore(key);
            yield return ParityItem.NotCompared($"{item}/{claim.Path}{key}", reason);
        }
    }

    /// <summary>Fails unless a file lies beside another one.</summary>
    public static void Require(string folder, string file, string asker)
    {
        if (!File.Exists(Path.Combine(folder, file)))
            throw new LabException($"{Path.Combine(folder, file)} is missing: {asker} cannot be compared without it.");
    }
}
