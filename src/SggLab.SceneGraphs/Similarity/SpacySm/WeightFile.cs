using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>The float tensors of a safetensors file: eight bytes of header length, a JSON header, then the numbers.</summary>
internal sealed class WeightFile
{
    private readonly Dictionary<string, float[]> _tensors = new(StringComparer.Ordinal);

    public float[] this[string name] => _tensors[name];

    public static WeightFile Load(Stream stream)
    {
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        ReadOnlySpan<byte> bytes = memory.GetBuffer().AsSpan(0, (int)memory.Length);
        var headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var data = bytes[(8 + headerLength)..];
        var file = new WeightFile();
        using var header = JsonDocument.Parse(bytes.Slice(8, headerLength).ToArray());
        foreach (var tensor in header.RootElement.EnumerateObject())
        {
            if (tensor.Name == "__metadata__") continue;
            var offsets = tensor.Value.GetProperty("data_offsets");
            file._tensors[tensor.Name] = MemoryMarshal.Cast<byte, float>(data[offsets[0].GetInt32()..offsets[1].GetInt32()]).ToArray();
        }
        return file;
    }
}
