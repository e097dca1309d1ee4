using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Experiments;

public sealed class QueueRunsTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    [Fact]
    public async Task The_same_key_queues_once_even_when_sent_twice_at_once()
    {
        var command = new QueueRuns(Ada, "demo", new ExperimentSpec { Experiment = "demo", Runs = [Spec("sft"), Spec("grpo", "sft")] });

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Commands.SendAsync(command, Stop)));

        answers.Count(answer => answer.Changed).ShouldBe(1);
        answers.Select(answer => answer.Value!.ExperimentId).Distinct().ShouldHaveSingleItem();
        (await StreamAsync(StreamKeys.Experiment(answers[0].Value!.ExperimentId))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_spec_is_stored_whole_with_its_hash()
    {
        var spec = Spec("sft", seed: 7);
        var run = (await QueueAsync(spec)).Runs[0].Id;

        var queued = (await StreamAsync(StreamKeys.Run(run)))[0].Data.ShouldBeOfType<RunQueued>();

        queued.Spec.ShouldBe(spec);
        queued.SpecHash.ShouldBe(ContentHash.Of(spec));
        ContentHash.Of(queued.Spec).ShouldBe(queued.SpecHash);
        await SettledAsync();
        ContentHash.Of((await Get<RunQueries>().FindAsync(Ada, run, Stop))!.Spec).ShouldBe(queued.SpecHash);
    }

    [Fact]
    public async Task A_wrong_setting_is_refused_by_its_field_and_nothing_is_queued()
    {
        var outcome = await Commands.SendAsync(new QueueRuns(Ada, LabId.New(), new ExperimentSpec { Experiment = "x", Runs = [Spec("a"), Spec("b", startsFrom: "c")] }), Stop);

        var refusal = outcome.Refusal.ShouldNotBeNull();
        refusal.Kind.ShouldBe(RefusalKind.Invalid);
        refusal.Field.ShouldBe("runs[1].model.run");
        (await ScalarAsync<long>("select count(*) from lab.mt_events where type = 'run_queued' and data->>'experiment' = 'x'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_text_that_no_column_takes_is_refused() =>
        (await Commands.SendAsync(new QueueRuns(Ada, LabId.New(), new ExperimentSpec { Experiment = "a\0b", Runs = [Spec("a")] }), Stop)).Refusal.ShouldNotBeNull().Message.ShouldContain("code 0");
}
