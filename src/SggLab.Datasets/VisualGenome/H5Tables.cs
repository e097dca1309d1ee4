using System.Buffers.Binary;
using PureHDF;
using PureHDF.VOL.Native;

namespace SggLab.Datasets.VisualGenome;

/// <summary>Integer tables of an HDF5 file, contiguous or in (gzipped, shuffled) chunks, of any integer width.</summary>
internal sealed class H5Tables : IDisposable
{
    private static readonly byte[] Signature = [0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10, 26, 10];
    private readonly string _path;
    private readonly NativeFile _file;

    private H5Tables(string path, NativeFile file) => (_path, _file) = (path, file);

    /// <exception cref="DatasetException">No HDF5 file, or cut off.</exception>
    public static H5Tables Open(string path)
    {
        try
        {
            CheckLength(path);
            return new H5Tables(path, H5File.OpenRead(path));
        }
        catch (Exception e) when (e is not DatasetException)
        {
            throw new DatasetException(path, null, null, $"cannot be read as HDF5 ({e.Message}); expected VG-SGG-with-attri.h5, whole", e);
        }
    }

    /// <exception cref="DatasetException">The file's list of names is damaged.</exception>
    public bool Has(string name) => Guarded(name, () => _file.LinkExists(name));

    /// <summary>A list, or a table row after row.</summary>
    /// <param name="columns">0 for a plain list; otherwise the second dimension, or -1 for any.</param>
    /// <exception cref="DatasetException">Missing, of another shape or type, or damaged.</exception>
    public int[] Read(string name, int columns, out int width)
    {
        if (!Has(name)) throw Bad(name, $"the data set is missing; the file has {string.Join(", ", Guarded(name, () => _file.Children().Select(child => child.Name).Order(StringComparer.Ordinal).ToList()))}");
        var (values, second) = Guarded(name, () =>
        {
            var dataset = _file.Dataset(name);
            var shape = dataset.Space.Dimensions;
            var wanted = columns switch { 0 => "(n,)", -1 => "(n, k)", _ => $"(n, {columns})" };
            if (shape.Length != (columns == 0 ? 1 : 2) || columns > 0 && shape[1] != (ulong)columns)
                throw Bad(name, $"has the shape ({string.Join(", ", shape)}{(shape.Length == 1 ? "," : "")}); expected {wanted}");
            return (ReadIntegers(name, dataset), columns == 0 ? 1 : checked((int)shape[1]));
        });
        width = second;
        return values;
    }

    public void Dispose() => _file.Dispose();

    // The library meets damage with exceptions of many kinds.
    private T Guarded<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not DatasetException)
        {
            throw Bad(name, $"cannot be read ({e.Message}); the file is damaged, download it again", e);
        }
    }

    private int[] ReadIntegers(string name, IH5Dataset dataset)
    {
        if (dataset.Type.Class != H5DataTypeClass.FixedPoint) throw Bad(name, $"holds {dataset.Type.Class} values; expected integers");
        if (dataset.Space.Dimensions.Any(length => length == 0)) return [];
        return (dataset.Type.Size, dataset.Type.FixedPoint.IsSigned) switch
        {
            (1, true) => Array.ConvertAll(dataset.Read<sbyte[]>(), value => (int)value),
            (1, false) => Array.ConvertAll(dataset.Read<byte[]>(), value => (int)value),
            (2, true) => Array.ConvertAll(dataset.Read<short[]>(), value => (int)value),
            (2, false) => Array.ConvertAll(dataset.Read<ushort[]>(), value => (int)value),
            (4, true) => dataset.Read<int[]>(),
            (4, false) => Array.ConvertAll(dataset.Read<uint[]>(), value => Narrow(name, value)),
            (8, true) => Array.ConvertAll(dataset.Read<long[]>(), value => Narrow(name, value)),
            (8, false) => Array.ConvertAll(dataset.Read<ulong[]>(), value => value > long.MaxValue ? Narrow(name, long.MaxValue) : Narrow(name, (long)value)),
            var (size, _) => throw Bad(name, $"holds integers of {size} bytes; expected 1, 2, 4 or 8"),
        };
    }

    private int Narrow(string name, long value) =>
        value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Bad(name, $"holds {value}, which no index, label or pixel can be");

    // The library maps what is there; a file that was cut off is only known by the length that its superblock states.
    private static void CheckLength(string path)
    {
        using var stream = File.OpenRead(path);
        Span<byte> head = stackalloc byte[64];
        var got = stream.ReadAtLeast(head, 64, throwOnEndOfStream: false);
        if (got < 48 || !head[..8].SequenceEqual(Signature))
            throw new DatasetException(path, null, null, $"{(got == 0 ? "the file is empty" : "does not begin with HDF5's signature")}; expected an HDF5 file such as VG-SGG-with-attri.h5");
        // Version 0 and 1 keep the end of the file at byte 40, version 2 and 3 at byte 28 (with offsets of eight bytes).
        var (offsetSize, at) = head[8] < 2 ? (head[13], head[8] == 0 ? 40 : 44) : (head[9], 28);
        if (offsetSize != 8) return;
        var end = BinaryPrimitives.ReadInt64LittleEndian(head[at..]);
        if (end > stream.Length) throw new DatasetException(path, null, null, $"is cut off: {stream.Length} bytes of {end}; download it again");
    }

    private DatasetException Bad(string name, string problem, Exception? inner = null) => new(_path, null, name, problem, inner);
}
