using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text.Json;
using SggLab.Contracts;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>One tensor of a safetensors file.</summary>
public sealed record SafetensorsEntry
{
    public required string Name { get; init; }
    /// <summary>The name of the element type as the file has it: F32, F16, BF16, I64, ...</summary>
    public required string Type { get; init; }
    public required long[] Shape { get; init; }
    /// <summary>Bytes from the start of the data section.</summary>
    public required long Begin { get; init; }
    public required long End { get; init; }

    public long Elements => Shape.Aggregate(1L, (a, b) => a * b);
}

/// <summary>
/// A memory-mapped safetensors file. Opening reads the header only, and checks it against the file's size, so that a
/// truncated or lying file is refused before anything is loaded.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private const long LargestHeader = 100_000_000; // The limit of the reference implementation.

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _data;

    private SafetensorsFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, long dataStart, Dictionary<string, SafetensorsEntry> entries, Dictionary<string, string> metadata)
    {
        Path = path;
        _map = map;
        _view = view;
        Entries = entries;
        Metadata = metadata;
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _data = start + view.PointerOffset + dataStart;
    }

    public string Path { get; }

    /// <summary>The tensors, in the order of the header.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="LabException">The file is missing, truncated, or its header does not describe it.</exception>
    public static SafetensorsFile Open(string path)
    {
        if (!File.Exists(path))
            throw new LabException($"There is no file {path}.");
        var length = LengthOf(path);
        if (length < 8)
            throw new LabException($"{path} is not a safetensors file: it has {length} bytes and the header alone takes at least 8.");
        var map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        MemoryMappedViewAccessor? view = null;
        try
        {
            view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            var header = ReadHeader(path, view, length);
            var (entries, metadata) = Parse(path, header, length - 8 - header.Length);
            return new SafetensorsFile(path, map, view, 8 + header.Length, entries, metadata);
        }
        catch
        {
            view?.Dispose();
            map.Dispose();
            throw;
        }
    }

    /// <summary>Of the file itself where the path is a link, as in the hub's cache.</summary>
    private static long LengthOf(string path)
    {
        using var file = File.OpenHandle(path);
        return RandomAccess.GetLength(file);
    }

    private static byte[] ReadHeader(string path, MemoryMappedViewAccessor view, long fileLength)
    {
        Span<byte> size = stackalloc byte[8];
        for (var i = 0; i < 8; i++)
            size[i] = view.ReadByte(i);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(size);
        if (length > LargestHeader || (long)length > fileLength - 8)
            throw new LabException($"{path} is truncated or not a safetensors file: its header claims {length} bytes, the file has {fileLength}. Download it again.");
        var header = new byte[(int)length];
        view.ReadArray(8, header, 0, header.Length);
        return header;
    }

    private static (Dictionary<string, SafetensorsEntry>, Dictionary<string, string>) Parse(string path, byte[] header, long dataLength)
    {
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                {
                    foreach (var pair in property.Value.EnumerateObject())
                        metadata[pair.Name] = pair.Value.GetString() ?? "";
                    continue;
                }
                var offsets = property.Value.GetProperty("data_offsets");
                entries.Add(property.Name, new SafetensorsEntry
                {
                    Name = property.Name,
                    Type = property.Value.GetProperty("dtype").GetString() ?? "",
                    Shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64())],
                    Begin = offsets[0].GetInt64(),
                    End = offsets[1].GetInt64(),
                });
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new LabException($"The header of {path} is not that of a safetensors file: {e.Message}");
        }
        CheckLayout(path, entries, dataLength);
        return (entries, metadata);
    }

    private static void CheckLayout(string path, Dictionary<string, SafetensorsEntry> entries, long dataLength)
    {
        long end = 0;
        foreach (var entry in entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            var size = ElementSize(entry.Type) ?? throw new LabException($"{path}, tensor {entry.Name}: element type {entry.Type} is not supported (F32, F16, BF16, F64, I64, I32, I16, I8, U8, BOOL are).");
            UInt128 bytes = (ulong)size;
            foreach (var dimension in entry.Shape)
            {
                if (dimension < 0)
                    throw new LabException($"{path}, tensor {entry.Name}: shape [{string.Join(", ", entry.Shape)}] has a negative dimension.");
                bytes = UInt128.Min(bytes * (ulong)dimension, UInt128.MaxValue >> 64);
            }
            if (entry.Begin != end || entry.End < entry.Begin || (UInt128)(entry.End - entry.Begin) != bytes)
                throw new LabException($"{path}, tensor {entry.Name}: offsets {entry.Begin} to {entry.End} do not fit shape [{string.Join(", ", entry.Shape)}] of {entry.Type} after byte {end}.");
            end = entry.End;
        }
        if (end != dataLength)
            throw new LabException($"{path} is truncated or has extra bytes: its header describes {end} bytes of data, the file holds {dataLength}. Download it again.");
    }

    internal static int? ElementSize(string type) => type switch
    {
        "F64" or "I64" => 8,
        "F32" or "I32" => 4,
        "F16" or "BF16" or "I16" => 2,
        "I8" or "U8" or "BOOL" => 1,
        _ => null,
    };

    internal static ScalarType TypeOf(string type) => type switch
    {
        "F64" => ScalarType.Float64,
        "F32" => ScalarType.Float32,
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        "I64" => ScalarType.Int64,
        "I32" => ScalarType.Int32,
        "I16" => ScalarType.Int16,
        "I8" => ScalarType.Int8,
        "U8" => ScalarType.Byte,
        _ => ScalarType.Bool,
    };

    private SafetensorsEntry Find(string name) =>
        Entries.TryGetValue(name, out var entry) ? entry : throw new LabException($"{Path} holds no tensor {name}.");

    /// <summary>A tensor over the mapped file: nothing is read until it is used. It must not outlive this object.</summary>
    public Tensor Map(string name)
    {
        var entry = Find(name);
        return TensorMemory.Wrap(_data + entry.Begin, entry.Shape, TypeOf(entry.Type));
    }

    /// <summary>A copy of a tensor, of the file's type or another one.</summary>
    public Tensor Read(string name, ScalarType? type = null)
    {
        using var mapped = Map(name);
        return type is { } wanted && wanted != mapped.dtype ? mapped.to_type(wanted) : mapped.clone();
    }

    /// <summary>Copies a tensor into one that exists, converting type and device on the way.</summary>
    public void ReadInto(string name, Tensor destination)
    {
        using var mapped = Map(name);
        destination.copy_(mapped);
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }
}
