using System.Text.Json;

namespace SggLab.Datasets;

/// <summary>Small JSON files that lie beside a data set.</summary>
internal static class JsonFile
{
    public static JsonDocument Parse(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new DatasetException(path, null, null, $"is not valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine}; the file is damaged, download it again", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(path, null, null, $"cannot be opened ({e.Message}); check the path and its permissions", e);
        }
    }

    /// <summary>System.Text.Json's answer to bytes that are no UTF-8 and to half surrogate pairs, made into ours.</summary>
    public static DatasetException NoText(string path, long? row, string? field, InvalidOperationException e) =>
        new(path, row, field, $"holds text that is no valid Unicode ({e.Message}); the file is damaged, download it again", e);
}
