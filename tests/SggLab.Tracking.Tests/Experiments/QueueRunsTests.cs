using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Tracking.Experiments;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Experiments;

public sealed class QueueRunsTests(PatientLab lab) : Lab(lab), IClassFixture<PatientLab>
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
    public async Task A_key_that_stands_for_another_spec_is_refused_and_nothing_is_queued()
    {
        var key = LabId.New();
        var first = (await Commands.SendAsync(new QueueRuns(Ada, key, new ExperimentSpec { Experiment = "mine", Runs = [Spec("sft")] }), Stop)).Value!;

        var again = (await Commands.SendAsync(new QueueRuns(Ada, key, new ExperimentSpec { Experiment = "mine", Runs = [Spec("sft")] }), Stop)).Value!;
        var refusal = (await Commands.SendAsync(new QueueRuns(Ada, key, new ExperimentSpec { Experiment = "mine", Runs = [Spec("sft", seed: 2)] }), Stop)).Refusal.ShouldNotBeNull();

        (first.Already, again.Already, again.ExperimentId).ShouldBe((null, true, first.ExperimentId));
        (refusal.Kind, refusal.Field).ShouldBe((RefusalKind.Conflict, "key"));
        refusal.Message.ShouldContain(first.ExperimentId);
    }

    [Fact]
    public async Task The_status_and_the_queue_hold_every_run_of_a_long_queue()
    {
        var before = (await Get<StatusQueries>().GetAsync(Ada, Stop)).Runs.Count;
        for (var experiment = 0; experiment < 3; experiment++)
            await QueueAsync([.. Enumerable.Range(0, 400).Select(i => Spec($"run{i}"))]);

        var status = await Get<StatusQueries>().GetAsync(Ada, Stop);

        status.Runs.Select(run => run.Id).Distinct().Count().ShouldBe(before + 1200);
        (await Get<Tracking.Queue.QueueQueries>().ListAsync(Ada, Stop)).Count.ShouldBeGreaterThanOrEqualTo(1200);
    }

    [Fact]
    public async Task What_was_queued_is_shown_when_the_answer_comes()
    {
        for (var i = 0; i < 5; i++)
        {
            var run = (await QueueAsync(Spec("seen"))).Runs[0].Id;
            (await Get<RunQueries>().FindAsync(Ada, run, Stop)).ShouldNotBeNull().Run.State.ShouldBe("queued");
            (await Commands.SendAsync(new CancelRun(Ada, run), Stop)).Value.ShouldBe("cancelled");
            (await Get<RunQueries>().FindAsync(Ada, run, Stop))!.Run.State.ShouldBe("cancelled");
        }
    }

    [Fact]
    public async Task The_spec_is_stored_whole_with_its_hash()
    {
        var spec = Spec("sft", seed: 7);
        var run = (await QueueAsync(spec)).Runs[0].Id;

        var queued = (await StreamAsync(StreamKeys.Run(run)))[0].Data.ShouldBeOfType<RunQueued>();

        JsonSerializer.Serialize(queued.Spec, LabJson.Options).ShouldBe(JsonSerializer.Serialize(spec, LabJson.Options));
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

/// <summary>On a busy machine the projections may need longer than a person should wait.</summary>
public sealed class PatientLab : RunningLab
{
    public override LabSettings Settings => base.Settings with { ShowWithin = TimeSpan.FromSeconds(30) };
}
