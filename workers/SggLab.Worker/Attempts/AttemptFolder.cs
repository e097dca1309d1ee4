using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SggLab.Contracts;
using SggLab.Worker.Blobs;
using SggLab.Worker.Journals;

namespace SggLab.Worker.Attempts;

/// <summary>Which attempt a folder holds: enough to send its records after the process that made them died.</summary>
public sealed record AttemptIdentity(string RunId, int Attempt, long Fence, int TtlSeconds, string SpecHash);

/// <summary>
/// One attempt on disk, STATE/attempts/RUN-N: attempt.json, journal/, sent (number of the last acknowledged record), outbox/ and work/.
/// It exists until the server has every record; the ledger remembers its count for ever.
/// </summary>
public sealed class AttemptFolder : IDisposable
{
    // Written by an older or a newer release, and to be sent by this one.
    private static readonly JsonSerializerOptions Tolerant = new(LabJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    /// <summary>Freed when the disk is full, so that the closing record still fits.</summary>
    private const int ReserveBytes = 64 << 10;

    private AttemptFolder(string path, AttemptIdentity identity)
    {
        Path = path;
        Identity = identity;
        Journal = Journal.Open(Part("journal"));
        Outbox = new Outbox(Part("outbox"));
        Sent = ReadSent();
    }

    public string Path { get; }
    public AttemptIdentity Identity { get; }
    public Journal Journal { get; }
    public Outbox Outbox { get; }
    public string Work => Part("work");
    /// <summary>Number of the last record that the server acknowledged.</summary>
    public long Sent { get; private set; }
    public string Name => $"{Identity.RunId}-{Identity.Attempt}";

    public static AttemptFolder Create(string attempts, AttemptIdentity identity)
    {
        var path = System.IO.Path.Combine(attempts, $"{identity.RunId}-{identity.Attempt}");
        // Numbers repeat only when another site or a restored database hands them out: what lies here is of another life.
        if (Directory.Exists(path)) MoveAside(path);
        Directory.CreateDirectory(System.IO.Path.Combine(path, "work"));
        WriteWhole(System.IO.Path.Combine(path, "attempt.json"), JsonSerializer.SerializeToUtf8Bytes(identity, LabJson.Options));
        using (var reserve = File.Create(System.IO.Path.Combine(path, "reserve"))) reserve.Write(new byte[ReserveBytes]);
        FolderSync.Flush(path);
        FolderSync.Flush(attempts);
        return new AttemptFolder(path, identity);
    }

    /// <returns>null when the folder was never finished being made: nothing was recorded in it.</returns>
    /// <exception cref="IOException">What lies in it says not which attempt it is: its records must be kept, and cannot be sent.</exception>
    public static AttemptFolder? Open(string path)
    {
        var file = System.IO.Path.Combine(path, "attempt.json");
        if (!File.Exists(file))
            return HoldsRecords(path) ? throw new IOException($"{path} holds records and no attempt.json, which says whose they are.") : null;
        try
        {
            var identity = JsonSerializer.Deserialize<AttemptIdentity>(File.ReadAllBytes(file), Tolerant);
            return identity is { RunId.Length: > 0, Attempt: > 0 } ? new AttemptFolder(path, identity) : throw new IOException($"{file} names no run and attempt.");
        }
        catch (JsonException e)
        {
            throw new IOException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private static bool HoldsRecords(string path)
    {
        var journal = new DirectoryInfo(System.IO.Path.Combine(path, "journal"));
        return journal.Exists && journal.EnumerateFiles("*", SearchOption.AllDirectories).Any(file => file.Length > 0);
    }

    /// <summary>Losing this by a power cut costs a repetition, which the server acknowledges as duplicates: no sync.</summary>
    public void RememberSent(long last)
    {
        Sent = last;
        try
        {
            WriteWhole(Part("sent"), System.Text.Encoding.ASCII.GetBytes(last.ToString(CultureInfo.InvariantCulture)), sync: false);
        }
        catch (IOException)
        {
            // A full disk costs a repetition too, no more.
        }
    }

    public void FreeReserve() => File.Delete(Part("reserve"));

    public void Delete()
    {
        Dispose();
        Directory.Delete(Path, recursive: true);
    }

    /// <summary>Keeps what can never be sent for a person to look at, out of the way of the next start.</summary>
    public string SetAside()
    {
        Dispose();
        return MoveAside(Path);
    }

    /// <returns>Where the folder is now.</returns>
    public static string MoveAside(string path)
    {
        var refused = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(path)!)!, "refused");
        Directory.CreateDirectory(refused);
        var aside = System.IO.Path.Combine(refused, System.IO.Path.GetFileName(path));
        for (var i = 2; Directory.Exists(aside); i++) aside = System.IO.Path.Combine(refused, $"{System.IO.Path.GetFileName(path)}.{i}");
        Directory.Move(path, aside);
        return aside;
    }

    public void Dispose() => Journal.Dispose();

    private string Part(string name) => System.IO.Path.Combine(Path, name);

    private long ReadSent() =>
        File.Exists(Part("sent")) && long.TryParse(File.ReadAllText(Part("sent")), NumberStyles.None, CultureInfo.InvariantCulture, out var sent) ? sent : 0;

    private static void WriteWhole(string file, byte[] bytes, bool sync = true)
    {
        using (var stream = File.Create(file + ".part"))
        {
            stream.Write(bytes);
            stream.Flush(flushToDisk: sync);
        }
        File.Move(file + ".part", file, overwrite: true);
    }
}
