using System.Text;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Worker.Journals;

namespace SggLab.Worker.Tests.Journals;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Records_come_back_in_order_as_the_bytes_that_were_written()
    {
        using var journal = Journal.Open(_folder, segmentBytes: 300);
        Write(journal, 20);

        Texts(journal).ShouldBe(Enumerable.Range(1, 20).Select(i => $"line {i}"));
        JournalFiles.Segments(_folder).Count.ShouldBeGreaterThan(3);
        var record = JsonSerializer.Deserialize<RunRecord>(Read(journal)[6].Span, LabJson.Options)!;
        (record.N, record.Type, record.At).ShouldBe((7, "log", DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void A_reopened_journal_goes_on_with_the_next_number()
    {
        using (var first = Journal.Open(_folder)) Write(first, 3);
        using var second = Journal.Open(_folder);

        second.Damage.ShouldBeNull();
        second.Append(RecordTypes.Log, DateTimeOffset.UnixEpoch, new LogRecord("info", "line 4")).ShouldBe(4);
        Texts(second).ShouldBe(["line 1", "line 2", "line 3", "line 4"]);
    }

    [Fact]
    public void A_torn_last_line_is_cut_off_wherever_it_was_torn()
    {
        long two;
        using (var whole = Journal.Open(_folder))
        {
            Write(whole, 2);
            two = SegmentFile().Length;
            Write(whole, 1, from: 3);
        }
        var bytes = File.ReadAllBytes(SegmentFile().FullName);
        for (var length = two; length < bytes.Length; length++)
        {
            File.WriteAllBytes(SegmentFile().FullName, bytes[..(int)length]);
            using var journal = Journal.Open(_folder);

            journal.Damage.ShouldBeNull();
            journal.Last.ShouldBe(2);
            Write(journal, 1, from: 3);
            Texts(journal).ShouldBe(["line 1", "line 2", "line 3"]);
        }
    }

    [Fact]
    public void Zeros_after_a_power_cut_count_as_a_torn_line()
    {
        using (var whole = Journal.Open(_folder)) Write(whole, 2);
        using (var stream = SegmentFile().OpenWrite())
        {
            stream.Seek(0, SeekOrigin.End);
            stream.Write(new byte[5000]);
        }
        using var journal = Journal.Open(_folder);

        journal.Damage.ShouldBeNull();
        journal.Last.ShouldBe(2);
    }

    [Fact]
    public void A_changed_byte_before_the_end_is_reported_and_the_rest_set_aside()
    {
        using (var whole = Journal.Open(_folder, segmentBytes: 400)) Write(whole, 20);
        var (file, first) = JournalFiles.Segments(_folder)[1];
        var bytes = File.ReadAllBytes(file);
        bytes[Encoding.UTF8.GetString(bytes).IndexOf($"line {first + 1}", StringComparison.Ordinal)] ^= 1;
        File.WriteAllBytes(file, bytes);
        using var journal = Journal.Open(_folder);

        journal.Last.ShouldBe(first);
        journal.Damage.ShouldNotBeNull();
        journal.Damage.ShouldContain($"after record {first}");
        Texts(journal).Count.ShouldBe((int)first);
        Directory.GetFiles(_folder, "*.damaged").ShouldNotBeEmpty();
        Write(journal, 1, from: (int)first + 1);
        Texts(journal)[^1].ShouldBe($"line {first + 1}");
    }

    [Fact]
    public void A_missing_segment_ends_the_good_part_before_it()
    {
        using (var whole = Journal.Open(_folder, segmentBytes: 300)) Write(whole, 12);
        var segments = JournalFiles.Segments(_folder);
        File.Delete(segments[1].File);
        using var journal = Journal.Open(_folder);

        journal.Last.ShouldBe(segments[1].First - 1);
        journal.Damage.ShouldNotBeNull();
    }

    [Fact]
    public void Nothing_follows_a_closed_record()
    {
        using (var journal = Journal.Open(_folder))
        {
            Write(journal, 1);
            journal.Append(RecordTypes.Closed, DateTimeOffset.UnixEpoch, new ClosedRecord("completed", null, null, 1));
            Should.Throw<InvalidOperationException>(() => Write(journal, 1));
        }
        using var again = Journal.Open(_folder);

        again.IsClosed.ShouldBeTrue();
        again.Last.ShouldBe(2);
    }

    [Fact]
    public void A_reader_can_go_back_and_sees_what_is_added_meanwhile()
    {
        using var journal = Journal.Open(_folder, segmentBytes: 300);
        Write(journal, 10);
        using var reader = new JournalReader(journal);
        reader.Read(4, int.MaxValue).Count.ShouldBe(4);
        Write(journal, 2, from: 11);
        reader.Read(100, int.MaxValue).Count.ShouldBe(8);
        reader.Read(100, int.MaxValue).ShouldBeEmpty();

        reader.Seek(3);
        Encoding.UTF8.GetString(reader.Read(1, int.MaxValue)[0].Span).ShouldStartWith("{\"n\":3,");
    }

    [Fact]
    public void A_record_longer_than_the_batch_limit_still_travels()
    {
        using var journal = Journal.Open(_folder);
        journal.Append(RecordTypes.Log, DateTimeOffset.UnixEpoch, new LogRecord("info", new string('x', 300_000)));
        using var reader = new JournalReader(journal);

        reader.Read(10, 1000)[0].Length.ShouldBeGreaterThan(300_000);
    }

    [Fact]
    public void Odd_text_and_numbers_survive()
    {
        using var journal = Journal.Open(_folder);
        journal.Append(RecordTypes.Log, DateTimeOffset.UnixEpoch, new LogRecord("info", "a\nb\0c \ud800 \u2028 ü"));
        journal.Append(RecordTypes.Metrics, DateTimeOffset.UnixEpoch, new MetricsRecord([1, 2], new Dictionary<string, IReadOnlyList<double?>> { ["loss"] = [double.NaN, null], ["x"] = [1e2, double.NegativeInfinity] }));

        Texts(journal)[0].ShouldBe("a\nb\0c \ufffd \u2028 ü");
        var metrics = JsonSerializer.Deserialize<RunRecord>(Read(journal)[1].Span, LabJson.Options)!.Data.Deserialize<MetricsRecord>(LabJson.Options)!;
        metrics.Series["loss"].ShouldBe([double.NaN, null]);
        metrics.Series["x"].ShouldBe([100d, double.NegativeInfinity]);
    }

    [Fact]
    public async Task A_killed_writer_loses_nothing_that_it_was_told_is_safe()
    {
        for (var round = 1; round <= 4; round++)
        {
            using var writer = JournalWriterProcess.Start(_folder);
            var (seen, enough) = (0L, round * 40);
            while (await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                var n = long.Parse(line, System.Globalization.CultureInfo.InvariantCulture);
                if (seen > 0) n.ShouldBe(seen + 1);
                seen = n;
                if (--enough == 0) writer.Kill();
            }
            await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
            using var journal = Journal.Open(_folder, segmentBytes: 4096);

            journal.Damage.ShouldBeNull();
            // One record may be on disk without its writer having lived to say so.
            journal.Last.ShouldBeInRange(seen, seen + 1);
            Read(journal).Count.ShouldBe((int)journal.Last);
        }
    }

    [Fact]
    public async Task A_full_disk_is_told_apart_and_leaves_no_half_line()
    {
        using var writer = JournalWriterProcess.Start(_folder, fileLimitKilobytes: 3);
        var lines = (await writer.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        lines[^1].ShouldBe("full");
        File.ReadAllBytes(SegmentFile().FullName)[^1].ShouldBe((byte)'\n');
        using var journal = Journal.Open(_folder);
        journal.Last.ShouldBe(lines.Length - 1);
    }

    internal static long NumberOf(string record) => JournalLine.NumberOf(Encoding.UTF8.GetBytes(record));

    private FileInfo SegmentFile() => new(JournalFiles.Segments(_folder)[^1].File);

    private static void Write(Journal journal, int count, int from = 1)
    {
        for (var i = from; i < from + count; i++) journal.Append(RecordTypes.Log, DateTimeOffset.UnixEpoch, new LogRecord("info", $"line {i}"));
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Read(Journal journal)
    {
        using var reader = new JournalReader(journal);
        return reader.Read(int.MaxValue, int.MaxValue);
    }

    private static IReadOnlyList<string> Texts(Journal journal) =>
        [.. Read(journal).Select(r => JsonSerializer.Deserialize<RunRecord>(r.Span, LabJson.Options)!).Where(r => r.Type == RecordTypes.Log)
            .Select(r => r.Data.Deserialize<LogRecord>(LabJson.Options)!.Text)];
}
