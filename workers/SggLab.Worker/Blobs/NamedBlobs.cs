using System.Text.Json;

namespace SggLab.Worker.Blobs;

/// <summary>The blobs that a record names: the value of every "sha256" member, wherever it stands in the record.</summary>
public static class NamedBlobs
{
    public static IReadOnlyList<string> In(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\"sha256\":"u8) < 0) return [];
        var found = new List<string>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
            if (reader.TokenType is JsonTokenType.PropertyName && reader.ValueTextEquals("sha256"u8) && reader.Read()
                && reader.TokenType is JsonTokenType.String && reader.GetString() is { Length: 64 } sha && !found.Contains(sha))
                found.Add(sha);
        return found;
    }
}
