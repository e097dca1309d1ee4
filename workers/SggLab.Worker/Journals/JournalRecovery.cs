using SggLab.Contracts;
using SggLab.Contracts.Records;

namespace SggLab.Worker.Journals;

/// <summary>Finds where the good part of a journal ends, and cuts off or sets aside what follows.</summary>
internal static class JournalRecovery
{
    /// <param name="LastSegment">File to append to; null when there is none yet.</param>
    public sealed record Found(long Last, bool Closed, string? LastSegment, string? Damage);

    public static Found Run(string folder)
    {
        var (last, closed, lastSegment) = (0L, false, (string?)null);
        var segments = JournalFiles.Segments(folder);
        for (var i = 0; i < segments.Count; i++)
        {
            var (file, first) = segments[i];
            var bytes = File.ReadAllBytes(file);
            var good = 0;
            if (first == last + 1)
                while (good < bytes.Length && JournalLine.TryRead(bytes.AsSpan(good), last + 1, out var length))
                {
                    closed = JournalLine.IsOf(bytes.AsSpan(good + JournalLine.Prefix, length - JournalLine.Prefix - 1), RecordTypes.Closed);
                    good += length;
                    last++;
                }
            if (good == bytes.Length && first <= last)
            {
                lastSegment = file;
                continue;
            }
            var torn = i == segments.Count - 1 && first == last + 1 - Lines(bytes.AsSpan(0, good)) && !AnyRecord(bytes.AsSpan(good));
            var damage = torn ? null : SetAside(folder, segments.Skip(i), bytes, good, last);
            lastSegment = Cut(file, good) ?? lastSegment;
            FolderSync.Flush(folder);
            return new(last, closed, lastSegment, damage);
        }
        return new(last, closed, lastSegment, null);
    }

    /// <summary>A crash leaves at most one broken line, and no record after it.</summary>
    private static bool AnyRecord(ReadOnlySpan<byte> bytes)
    {
        for (var next = bytes.IndexOf((byte)'\n') + 1; next > 0 && next < bytes.Length;)
        {
            var rest = bytes[next..];
            if (rest.Length > JournalLine.Prefix && JournalLine.TryRead(rest, JournalLine.NumberOf(rest[JournalLine.Prefix..]), out _)) return true;
            var step = rest.IndexOf((byte)'\n') + 1;
            if (step == 0) return false;
            next += step;
        }
        return false;
    }

    private static string SetAside(string folder, IEnumerable<(string File, long First)> segments, byte[] bytes, int good, long last)
    {
        var (file, _) = segments.First();
        File.WriteAllBytes(file + ".damaged", bytes[good..]);
        foreach (var (later, _) in segments.Skip(1)) File.Move(later, later + ".damaged", overwrite: true);
        return $"Journal {folder} is damaged after record {last}, in {Path.GetFileName(file)} at byte {good}; what follows was set aside as *.damaged.";
    }

    /// <returns>The file, or null when nothing of it was good.</returns>
    private static string? Cut(string file, int good)
    {
        if (good == 0)
        {
            File.Delete(file);
            return null;
        }
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write);
        RandomAccess.SetLength(handle, good);
        RandomAccess.FlushToDisk(handle);
        return file;
    }

    private static int Lines(ReadOnlySpan<byte> bytes) => bytes.Count((byte)'\n');
}
