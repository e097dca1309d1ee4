using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Worker.Attempts;

namespace SggLab.Worker.Tests.Attempts;

public sealed class JournalRecorderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-recorder-").FullName;
    private readonly AttemptFolder _attempt;
    private readonly JournalRecorder _recorder;

    public JournalRecorderTests()
    {
        _attempt = AttemptFolder.Create(_folder, new AttemptIdentity("run", 1, 7, 60, "hash"));
        _recorder = new JournalRecorder(_attempt, TimeProvider.System);
    }

    public void Dispose()
    {
        _attempt.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Files_are_kept_before_the_record_and_outlive_the_trainers_own_copy()
    {
        var file = Write("predictions.jsonl", "predictions");
        _recorder.Rollouts(Rollouts(ContentHash.OfBytes("predictions"u8)), file);
        File.Delete(file);

        File.ReadAllText(_attempt.Outbox.PathOf(ContentHash.OfBytes("predictions"u8))).ShouldBe("predictions");
        _attempt.Journal.Last.ShouldBe(1);
    }

    [Fact]
    public void A_file_that_is_not_what_its_record_says_is_refused_and_nothing_recorded()
    {
        var file = Write("shard", "something else");

        Should.Throw<LabException>(() => _recorder.Rollouts(Rollouts(ContentHash.OfBytes("shard"u8)), file)).Message.ShouldContain("but the record says");
        Should.Throw<LabException>(() => _recorder.Rollouts(Rollouts(ContentHash.OfBytes("shard"u8)), file + ".missing")).Message.ShouldContain("there is none");
        _attempt.Journal.Last.ShouldBe(0);
        Directory.GetFiles(Path.GetDirectoryName(_attempt.Outbox.PathOf("x"))!).ShouldBeEmpty();
    }

    [Fact]
    public void Once_the_run_is_lost_every_report_throws_and_the_trainer_is_told_to_stop()
    {
        _recorder.Log("info", "text");
        _recorder.Seal("went elsewhere");

        _recorder.StopRequested.ShouldBe("cancel");
        Should.Throw<RunStoppedException>(() => _recorder.Log("info", "text")).Message.ShouldBe("went elsewhere");
        _attempt.Journal.Last.ShouldBe(1);
    }

    [Fact]
    public void A_cancel_is_not_weakened_by_a_later_drain()
    {
        _recorder.RequestStop("drain");
        _recorder.RequestStop("cancel");
        _recorder.RequestStop("drain");

        _recorder.StopRequested.ShouldBe("cancel");
    }

    [Fact]
    public void An_attempt_is_closed_once()
    {
        _recorder.Close(new ClosedRecord("completed", null, null, 3));
        _recorder.Close(new ClosedRecord("failed", null, null, 3));

        _attempt.Journal.Last.ShouldBe(1);
        Should.Throw<RunStoppedException>(() => _recorder.Log("info", "text"));
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_attempt.Work, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static RolloutsRecord Rollouts(string sha256) => new(1, 8, new BlobFile("shard.parquet", sha256, 1), 0, 0, new Dictionary<string, double>(), 0);
}
