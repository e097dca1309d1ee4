using Microsoft.Win32.SafeHandles;

namespace SggLab.Worker.Journals;

/// <summary>Reads records in order while the journal grows; remembers its place, so that catching up reads each byte once.</summary>
public sealed class JournalReader(Journal journal) : IDisposable
{
    private SafeFileHandle? _file;
    private long _offset;
    private long _next = 1;
    private byte[] _buffer = new byte[1 << 16];

    /// <summary>The next read begins at this record.</summary>
    public void Seek(long n)
    {
        if (n == _next && _file is not null) return;
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        var (file, first) = JournalFiles.Segments(journal.Folder).LastOrDefault(s => s.First <= n);
        Close();
        _next = n;
        if (file is null) return;
        Open(file);
        for (var skip = first; skip < n && skip <= journal.Last; skip++) _offset += Line().Length;
    }

    /// <summary>Up to so many records, each its JSON bytes; at least one when there is one, however long it is.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Read(int records, int bytes)
    {
        var batch = new List<ReadOnlyMemory<byte>>();
        var last = journal.Last;
        for (var size = 0; _next <= last && batch.Count < records; _next++)
        {
            if (_file is null || _offset >= RandomAccess.GetLength(_file)) Open(JournalFiles.Segment(journal.Folder, _next));
            var line = Line();
            if (batch.Count > 0 && size + line.Length > bytes) break;
            size += line.Length;
            _offset += line.Length;
            batch.Add(line[JournalLine.Prefix..^1].ToArray());
        }
        return batch;
    }

    private Memory<byte> Line()
    {
        while (true)
        {
            var read = RandomAccess.Read(_file!, _buffer, _offset);
            var end = _buffer.AsSpan(0, read).IndexOf((byte)'\n') + 1;
            if (end > 0) return _buffer.AsMemory(0, end);
            if (read < _buffer.Length) throw new IOException($"Journal {journal.Folder} ends before record {_next}, which was written: the disk lost data.");
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }

    private void Open(string file)
    {
        Close();
        _file = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
        _offset = 0;
    }

    public void Dispose() => Close();
}
