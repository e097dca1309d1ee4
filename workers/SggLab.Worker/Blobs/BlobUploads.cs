using SggLab.Client;
using SggLab.Contracts.Records;
using SggLab.Worker.Journals;

namespace SggLab.Worker.Blobs;

/// <summary>Brings the blobs that records name to the server before the records, and clears the outbox after them.</summary>
public sealed class BlobUploads(LabClient client, Outbox outbox, BlobCache cache)
{
    private readonly HashSet<string> _uploaded = [];

    public async Task UploadAsync(ReadOnlyMemory<byte> record, CancellationToken stop)
    {
        foreach (var sha in NamedBlobs.In(record.Span))
        {
            if (_uploaded.Contains(sha)) continue;
            var file = outbox.PathOf(sha);
            // A file that left the outbox was acknowledged with an earlier record; the server says if it lacks it all the same.
            if (File.Exists(file)) await client.UploadBlobAsync(sha, file, stop);
            _uploaded.Add(sha);
        }
    }

    /// <summary>The server may have lost what it had: ask again before the next records.</summary>
    public void Forget() => _uploaded.Clear();

    /// <summary>The records are stored. Checkpoint files may be wanted by the next attempt, so they move to the cache; others go.</summary>
    public void Release(IReadOnlyList<ReadOnlyMemory<byte>> records)
    {
        var adopted = false;
        foreach (var record in records)
        {
            var keep = JournalLine.IsOf(record.Span, RecordTypes.Checkpoint);
            foreach (var sha in NamedBlobs.In(record.Span))
            {
                var file = outbox.PathOf(sha);
                if (!File.Exists(file)) continue;
                adopted |= keep;
                if (keep) cache.Adopt(file, sha);
                else File.Delete(file);
            }
        }
        if (adopted) cache.Trim();
    }
}
