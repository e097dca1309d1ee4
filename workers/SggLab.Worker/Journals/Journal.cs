using SggLab.Contracts;
using Microsoft.Win32.SafeHandles;
using SggLab.Contracts.Records;

namespace SggLab.Worker.Journals;

/// <summary>
/// The records of one attempt on this machine's disk, in append-only segment files named by their first record's number. Append returns once the record
/// would survive a power cut. Opening recovers: a torn last line is cut off; damage before the end keeps the good part and sets the rest aside.
/// One writer; readers (<see cref="JournalReader"/>) may run beside it.
/// </summary>
public sealed class Journal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly long _segmentBytes;
    private SafeFileHandle? _file;
    private long _length;
    private long _last;

    private Journal(string folder, long segmentBytes)
    {
        Folder = folder;
        _segmentBytes = segmentBytes;
    }

    public string Folder { get; }
    /// <summary>Number of the last record that is safe on disk; 0 for none.</summary>
    public long Last => Volatile.Read(ref _last);
    /// <summary>The last record ends the attempt.</summary>
    public bool IsClosed { get; private set; }
    /// <summary>What recovery found broken before the journal's end; null when nothing was.</summary>
    public string? Damage { get; private init; }
    /// <summary>Raised on the writer's thread after each append.</summary>
    public event Action? Appended;

    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public static Journal Open(string folder, long segmentBytes = 8 << 20)
    {
        Directory.CreateDirectory(folder);
        var found = JournalRecovery.Run(folder);
        var journal = new Journal(folder, segmentBytes) { Damage = found.Damage };
        journal._last = found.Last;
        journal.IsClosed = found.Closed;
        if (found.LastSegment is { } segment)
        {
            journal._file = File.OpenHandle(segment, FileMode.Open, FileAccess.Write, FileShare.Read);
            journal._length = RandomAccess.GetLength(journal._file);
        }
        return journal;
    }

    /// <returns>The record's number.</returns>
    /// <exception cref="IOException">The disk is full or fails; nothing was added.</exception>
    /// <exception cref="InvalidOperationException">The journal ends with a closed record.</exception>
    public long Append(string type, DateTimeOffset at, object data)
    {
        long n;
        lock (_lock)
        {
            if (IsClosed) throw new InvalidOperationException($"The journal in {Folder} is closed; no {type} record can follow.");
            n = _last + 1;
            var line = JournalLine.Write(n, type, at, data);
            Write(line, n);
            IsClosed = type == RecordTypes.Closed;
            Volatile.Write(ref _last, n);
        }
        Appended?.Invoke();
        return n;
    }

    private void Write(byte[] line, long n)
    {
        if (_file is null || _length >= _segmentBytes) StartSegment(n);
        try
        {
            RandomAccess.Write(_file!, line, _length);
            RandomAccess.FlushToDisk(_file!);
        }
        catch (Exception e)
        {
            // Half a line must not lie before the next record.
            RandomAccess.SetLength(_file!, _length);
            // .NET takes the system's limit of file sizes for a wrong argument.
            if (e is ArgumentOutOfRangeException) throw new IOException(e.Message, Posix.FileTooLarge);
            throw;
        }
        _length += line.Length;
    }

    private void StartSegment(long n)
    {
        var next = File.OpenHandle(JournalFiles.Segment(Folder, n), FileMode.Create, FileAccess.Write, FileShare.Read);
        _file?.Dispose();
        _file = next;
        _length = 0;
        FolderSync.Flush(Folder);
    }

    public void Dispose() => _file?.Dispose();
}

/// <summary>Names of a journal's files.</summary>
public static class JournalFiles
{
    public static string Segment(string folder, long first) => Path.Combine(folder, $"{first:d12}.journal");

    /// <summary>Segment files in order, with the number that each begins with.</summary>
    public static IReadOnlyList<(string File, long First)> Segments(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.journal")
            .Select(file => (file, long.TryParse(Path.GetFileNameWithoutExtension(file), out var first) ? first : -1))
            .Where(s => s.Item2 > 0)
            .OrderBy(s => s.Item2)];
}
