using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using SggLab.Contracts;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// Writes safetensors files whose bytes depend on the tensors only: wide element types first, then by name, the header
/// padded to 8 bytes, as the reference implementation lays them out.
/// </summary>
public static unsafe class SafetensorsWriter
{
    private const int Piece = 64 << 20;

    /// <summary>Writes to a temporary name, flushes to disk, and renames: a file under its final name is whole.</summary>
    /// <param name="type">What all tensors are written as; each as it is by default.</param>
    /// <param name="data">What is written in a tensor's place, of the same shape: asked for one by one, and disposed where it is another tensor.</param>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, ScalarType? type = null, IReadOnlyDictionary<string, string>? metadata = null,
        Func<string, Tensor, Tensor>? data = null)
    {
        var ordered = tensors
            .OrderByDescending(t => Rank(type ?? t.Value.dtype))
            .ThenBy(t => t.Key, StringComparer.Ordinal)
            .ToList();
        var header = Header(ordered, type, metadata ?? new Dictionary<string, string> { ["format"] = "pt" });
        var temporary = path + ".part";
        try
        {
            WriteWhole(temporary, header, ordered, type, data);
        }
        catch
        {
            // A disk that is full gets its room back.
            File.Delete(temporary);
            throw;
        }
        File.Move(temporary, path, overwrite: true);
    }

    private static void WriteWhole(string path, byte[] header, List<KeyValuePair<string, Tensor>> ordered, ScalarType? type, Func<string, Tensor, Tensor>? data)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        file.Write(length);
        file.Write(header);
        foreach (var (name, tensor) in ordered)
        {
            using var scope = NewDisposeScope();
            WriteData(file, data?.Invoke(name, tensor) ?? tensor, type ?? tensor.dtype);
        }
        file.Flush(flushToDisk: true);
    }

    private static byte[] Header(List<KeyValuePair<string, Tensor>> tensors, ScalarType? type, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (var (name, tensor) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", NameOf(type ?? tensor.dtype));
                json.WriteStartArray("shape");
                foreach (var dimension in tensor.shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += tensor.numel() * SafetensorsFile.ElementSize(NameOf(type ?? tensor.dtype))!.Value;
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteData(FileStream file, Tensor tensor, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var plain = tensor.detach().cpu().to_type(type).contiguous();
        var address = TensorMemory.Address(plain);
        var remaining = plain.numel() * plain.ElementSize;
        while (remaining > 0)
        {
            var piece = (int)Math.Min(remaining, Piece);
            file.Write(new ReadOnlySpan<byte>(address, piece));
            address += piece;
            remaining -= piece;
        }
    }

    // The reference sorts by its own enumeration of types, widest first.
    private static int Rank(ScalarType type) => type switch
    {
        ScalarType.Int64 => 9,
        ScalarType.Float64 => 8,
        ScalarType.Float32 => 7,
        ScalarType.Int32 => 6,
        ScalarType.BFloat16 => 5,
        ScalarType.Float16 => 4,
        ScalarType.Int16 => 3,
        ScalarType.Int8 => 2,
        ScalarType.Byte => 1,
        _ => 0,
    };

    internal static string NameOf(ScalarType type) => type switch
    {
        ScalarType.Float64 => "F64",
        ScalarType.Float32 => "F32",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Int64 => "I64",
        ScalarType.Int32 => "I32",
        ScalarType.Int16 => "I16",
        ScalarType.Int8 => "I8",
        ScalarType.Byte => "U8",
        ScalarType.Bool => "BOOL",
        _ => throw new LabException($"Tensors of type {type} cannot be written to a safetensors file."),
    };
}
