using System.Text.Json;
using SggLab.Client.Faults;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;

namespace SggLab.Worker.Tests.Faults;

public sealed class AttemptStreamsTests
{
    private readonly List<EventItem> _events = [];

    [Fact]
    public void A_stream_with_every_record_once_is_sound()
    {
        Attempt(1, Started(0), Metrics(1), Metrics(2));

        AttemptStreams.Check("r", _events).ShouldBe([new(1, 3, 0, 0, null)]);
    }

    [Fact]
    public void A_missing_record_is_counted()
    {
        Attempt(1, Started(0), Metrics(1), Metrics(2));
        _events.RemoveAt(2);

        var finding = AttemptStreams.Check("r", _events)[0];
        (finding.Stored, finding.Missing).ShouldBe((3, 1));
        finding.Problem.ShouldNotBeNull();
    }

    [Fact]
    public void A_record_stored_under_two_versions_is_counted()
    {
        Attempt(1, Started(0), Metrics(1));
        _events.Add(_events[^1] with { Version = 4, Sequence = 99 });

        AttemptStreams.Check("r", _events)[0].Doubled.ShouldBe(1);
    }

    [Fact]
    public void Steps_after_the_checkpoint_that_the_next_attempt_resumed_from_leave_the_curves()
    {
        Attempt(1, Started(0), Metrics(1), Metrics(2), Metrics(3));
        Event("run-r", 5, "lease_lost", new { attempt = 1 });
        Attempt(2, Started(2), Metrics(3, loss: 30));

        AttemptStreams.Curves("r", _events)["loss"].ShouldBe(new SortedDictionary<int, double> { [1] = 1, [2] = 2, [3] = 30 });
    }

    [Fact]
    public void What_a_dead_attempt_sends_late_never_reaches_the_curves()
    {
        Attempt(1, Started(0), Metrics(1));
        Event("run-r", 5, "lease_lost", new { attempt = 1 });
        Record(1, 3, Metrics(2, loss: 7));
        Attempt(2, Started(1), Metrics(2));

        AttemptStreams.Curves("r", _events)["loss"].ShouldBe(new SortedDictionary<int, double> { [1] = 1, [2] = 2 });
    }

    private void Attempt(int attempt, params (string Type, object Data)[] records)
    {
        Event($"attempt-r-{attempt}", 1, "attempt_opened", new { attempt });
        for (var n = 1; n <= records.Length; n++) Record(attempt, n, records[n - 1]);
    }

    private void Record(int attempt, long n, (string Type, object Data) record)
    {
        Event($"attempt-r-{attempt}", n + 1, record.Type + "_recorded", record.Data);
        _events[^1] = _events[^1] with { Record = n };
    }

    private void Event(string stream, long version, string type, object data) =>
        _events.Add(new(_events.Count + 1, stream, version, type, DateTimeOffset.UnixEpoch, null, JsonSerializer.SerializeToElement(data, LabJson.Options)));

    private static (string, object) Started(int resumed) =>
        (RecordTypes.Started, new StartedRecord("v", "m", "cpu", 1, 10, resumed, null, null, new Dictionary<string, string>()));

    private static (string, object) Metrics(int step, double? loss = null) =>
        (RecordTypes.Metrics, new MetricsRecord([step], new Dictionary<string, IReadOnlyList<double?>> { ["loss"] = [loss ?? step] }));
}
