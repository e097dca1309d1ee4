using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Contracts;
using SggLab.Tracking.Comparisons;
using SggLab.Tracking.Runs;

namespace SggLab.Tracking.Tests.Comparisons;

public sealed class CurveTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task Steps_that_a_resumed_attempt_rolled_back_are_not_in_the_curve()
    {
        await QueueAsync(Spec("scripted"));
        var worker = await AdmitAsync(LabId.New());
        var first = await LeaseAsync(worker);
        await SendOkAsync(first, Started(1), Metrics(2, 1, 1), Metrics(3, 2, 2), await SaveCheckpointLineAsync(4, 2), Metrics(5, 3, 3), Metrics(6, 4, 4));
        await AdmitAsync(worker, "b");
        var second = await LeaseAsync(worker);
        await SendOkAsync(second, Started(1, resumedStep: 2, resumedCheckpoint: second.Resume!.Id), Metrics(2, 3, 30));
        await SettledAsync();

        var curve = (await Get<ComparisonQueries>().CurvesAsync(Ada, [first.RunId], ["loss"], cancellation: Stop)).ShouldHaveSingleItem();

        curve.Steps.ShouldBe([1, 2, 3]);
        curve.Values.ShouldBe([1, 2, 30]);
        var run = (await Get<RunQueries>().FindAsync(Ada, first.RunId, Stop)).ShouldNotBeNull();
        run.Run.Step.ShouldBe(3);
        run.Attempts.Select(attempt => (attempt.Number, attempt.Outcome, attempt.ResumedStep, attempt.Records)).ShouldBe([(1, "lost", 0, 6L), (2, null, 2, 2L)]);
        await SendOkAsync(second, Closed(3, "completed"));
    }

    [Fact]
    public async Task A_value_that_was_not_measured_is_left_out_and_NaN_is_kept()
    {
        var lease = await LeasedAsync();
        await SendOkAsync(lease, Started(1), Line(2, RecordTypes.Metrics, new MetricsRecord([1, 2, 3], new Dictionary<string, IReadOnlyList<double?>> { ["loss"] = [1, null, double.NaN] })));
        await SettledAsync();

        var curve = (await Get<ComparisonQueries>().CurvesAsync(Ada, [lease.RunId], cancellation: Stop)).ShouldHaveSingleItem();

        curve.Steps.ShouldBe([1, 3]);
        curve.Values.ShouldBe([1, double.NaN]);
        await SendOkAsync(lease, Closed(3, "completed"));
    }

    [Fact]
    public void A_thinned_curve_keeps_its_ends_and_its_spike()
    {
        var curve = new Curve("r", "loss", [.. Enumerable.Range(1, 10_000)], [.. Enumerable.Range(1, 10_000).Select(i => i == 7_777 ? 1e6 : i)]);

        var thin = CurveReader.Thin(curve, 200);

        thin.Steps.Count.ShouldBeLessThanOrEqualTo(200);
        thin.Values.ShouldContain(1e6);
        (thin.Steps[0], thin.Steps[^1]).ShouldBe((1, 10_000));
    }

    [Fact]
    public async Task Runs_side_by_side_show_the_settings_in_which_they_differ()
    {
        var queued = await QueueAsync(Spec("a", seed: 1), Spec("b", seed: 2));
        await SettledAsync();

        var compared = await Get<ComparisonQueries>().CompareAsync(Ada, [queued.Runs[1].Id, queued.Runs[0].Id, "unknown"], Stop);

        compared.Runs.Select(run => run.Name).ShouldBe(["b", "a"]);
        compared.Settings.Select(setting => (setting.Path, setting.Values[0], setting.Values[1])).ShouldBe([("name", "b", "a"), ("seed", "2", "1")]);
    }
}
