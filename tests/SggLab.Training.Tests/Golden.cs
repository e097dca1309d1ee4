using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Tests;

/// <summary>The reference's own outputs, below tests/golden.</summary>
internal static class Golden
{
    public static string Root { get; } = Path.Combine(Repository(), "tests", "golden");
    public static string Folder(params string[] parts) => Path.Combine([Root, .. parts]);
    public static JsonDocument Json(params string[] parts) => JsonDocument.Parse(File.ReadAllText(Folder(parts)));

    /// <summary>All tensors of a safetensors file (F32 and I64 are what the goldens hold).</summary>
    public static Dictionary<string, Tensor> Tensors(params string[] parts)
    {
        var bytes = File.ReadAllBytes(Folder(parts));
        var headerLength = (int)BitConverter.ToInt64(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        var tensors = new Dictionary<string, Tensor>();
        foreach (var entry in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
            var offsets = entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
            var data = bytes.AsSpan(8 + headerLength + offsets[0], offsets[1] - offsets[0]);
            tensors[entry.Name] = entry.Value.GetProperty("dtype").GetString() == "I64"
                ? tensor(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(data).ToArray(), shape)
                : tensor(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(data).ToArray(), shape);
        }
        return tensors;
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SggLab.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("SggLab.sln is in no folder above the tests.");
        return folder;
    }
}
