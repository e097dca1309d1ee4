using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace SggLab.Datasets.Parquet;

/// <summary>An open parquet file: its footer, and readers for its columns.</summary>
internal sealed class ParquetFile : IDisposable
{
    private const int LargestFooter = 1 << 28;
    private readonly SafeFileHandle _handle;

    private ParquetFile(string path, SafeFileHandle handle, long length, ParquetMetadata metadata)
    {
        Path = path;
        _handle = handle;
        Length = length;
        Metadata = metadata;
    }

    public string Path { get; }
    public long Length { get; }
    public ParquetMetadata Metadata { get; }

    /// <exception cref="DatasetException">Not a parquet file, or cut off.</exception>
    public static ParquetFile Open(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new DatasetException(path, null, null, $"cannot be opened ({e.Message}); check the path and its permissions", e);
        }
        try
        {
            var length = RandomAccess.GetLength(handle);
            return new ParquetFile(path, handle, length, ReadMetadata(path, handle, length));
        }
        catch (NotSupportedException e)
        {
            handle.Dispose();
            throw new DatasetException(path, null, null, "is a pipe or a device, which cannot be read from its end; expected a parquet file (write what comes through the pipe to a file first)", e);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public ColumnReader Read(ParquetLeaf leaf) => new(_handle, Length, Path, leaf);

    public void Dispose() => _handle.Dispose();

    private static ParquetMetadata ReadMetadata(string path, SafeFileHandle handle, long length)
    {
        DatasetException Bad(string problem, Exception? inner = null) => new(path, null, null, problem, inner);
        if (length == 0) throw Bad("the file is empty; expected a parquet file");
        Span<byte> head = stackalloc byte[4];
        Span<byte> tail = stackalloc byte[8];
        if (length < 12 || RandomAccess.Read(handle, head, 0) < 4 || !head.SequenceEqual("PAR1"u8))
            throw Bad("does not begin with 'PAR1'; expected a parquet file (a Git LFS pointer or a web page saved under this name looks like this too)");
        if (RandomAccess.Read(handle, tail, length - 8) < 8 || !tail[4..].SequenceEqual("PAR1"u8))
            throw Bad($"does not end with 'PAR1': the file is cut off at {length} bytes or damaged; download it again");
        var size = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (size <= 0 || size > length - 12 || size > LargestFooter) throw Bad($"announces a footer of {size} bytes in a file of {length}; the file is damaged, download it again");
        var footer = new byte[size];
        try
        {
            for (var got = 0; got < size;)
            {
                var read = RandomAccess.Read(handle, footer.AsSpan(got), length - 8 - size + got);
                if (read == 0) throw new EndOfStreamException("the footer ends early");
                got += read;
            }
            var metadata = ParquetFooter.Parse(footer);
            if (metadata.RowGroups.Sum(group => group.Rows) != metadata.Rows || metadata.RowGroups.Any(group => group.Rows < 0))
                throw new ThriftException($"{metadata.Rows} rows, but its row groups hold {metadata.RowGroups.Sum(group => group.Rows)}");
            return metadata;
        }
        catch (Exception e) when (e is ThriftException or OverflowException or IOException or ArgumentException or IndexOutOfRangeException)
        {
            throw Bad($"the parquet footer cannot be read ({e.Message}); the file is damaged, download it again", e);
        }
    }
}
