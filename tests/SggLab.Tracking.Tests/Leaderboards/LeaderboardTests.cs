using SggLab.Contracts;
using SggLab.Tracking.Evaluations;
using SggLab.Tracking.Leaderboards;

namespace SggLab.Tracking.Tests.Leaderboards;

public sealed class LeaderboardTests(RunningLab lab) : Lab(lab), IClassFixture<RunningLab>
{
    private static double?[] Images(double recall) => [.. Enumerable.Range(0, 40).Select(i => i % 10 == 9 ? (double?)null : Math.Clamp(recall + (i % 3 - 1) * 0.05, 0, 1))];

    [Fact]
    public async Task Checkpoints_rank_by_recall_and_say_how_much_they_gained_over_their_start()
    {
        await QueueAsync(Spec("sft"), Spec("grpo", "sft", variant: "hard_recall"));
        var worker = await AdmitAsync(LabId.New());
        var sft = await LeaseAsync(worker);
        var weights = await SaveCheckpointLineAsync(2, 0, "base");
        var tuned = await SaveCheckpointLineAsync(4, 10, parent: IdOf(weights));
        await SendOkAsync(sft, Started(1), weights, await EvaluationLineAsync(3, IdOf(weights), 0, Images(0.1), protocolHash: "rank"),
            tuned, await EvaluationLineAsync(5, IdOf(tuned), 10, Images(0.4), protocolHash: "rank"), Closed(6, "completed"));
        var grpo = await LeaseAsync(worker);
        var half = await SaveCheckpointLineAsync(2, 5, parent: IdOf(tuned));
        var whole = await SaveCheckpointLineAsync(3, 10, parent: IdOf(half));
        await SendOkAsync(grpo, Started(1), half, whole, await EvaluationLineAsync(4, IdOf(whole), 10, Images(0.6), protocolHash: "rank"), Closed(5, "completed"));
        await SettledAsync();

        var rows = (await Get<LeaderboardQueries>().RankAsync(Ada, "synthetic", "test", "rank", cancellation: Stop)).Rows;

        rows.Select(row => (row.Rank, row.Run, row.Method)).ShouldBe([(1, "grpo", "scripted"), (2, "sft", "scripted"), (3, "sft", "base")]);
        rows.ShouldAllBe(row => row.Step != null);
        rows[2].Step.ShouldBe(0);
        rows[0].OverStart.ShouldNotBeNull().Checkpoint.ShouldBe(IdOf(tuned));
        rows[0].OverStart!.Mean.ShouldBe(0.2, 1e-9);
        rows[0].OverStart!.Low.ShouldBeLessThanOrEqualTo(rows[0].OverStart!.Mean);
        rows[1].OverStart.ShouldNotBeNull().Checkpoint.ShouldBe(IdOf(weights));
        rows[2].OverStart.ShouldBeNull();
    }

    [Fact]
    public async Task A_past_board_is_what_it_was_then()
    {
        var lease = await LeasedAsync();
        var checkpoint = await SaveCheckpointLineAsync(2, 5);
        await SendOkAsync(lease, Started(1), checkpoint, await EvaluationLineAsync(3, IdOf(checkpoint), 5, Images(0.3), protocolHash: "past"));
        await SettledAsync();
        var boards = Get<LeaderboardQueries>();
        var then = (await boards.RankAsync(Ada, protocolHash: "past", cancellation: Stop)).Rows;
        var moment = new AsOf(await ScalarAsync<long>("select max(seq_id) from lab.mt_events"), null);
        var time = new AsOf(null, await ScalarAsync<DateTime>("select max(timestamp) from lab.mt_events") is var t ? new DateTimeOffset(t, TimeSpan.Zero) : default);

        await SendOkAsync(lease, await EvaluationLineAsync(4, IdOf(checkpoint), 5, Images(0.5), protocolHash: "past"), Closed(5, "completed"));
        await SettledAsync();

        (await boards.RankAsync(Ada, protocolHash: "past", cancellation: Stop)).Rows.ShouldHaveSingleItem().Recall.ShouldBeGreaterThan(then[0].Recall);
        (await boards.RankAsync(Ada, protocolHash: "past", asOf: moment, cancellation: Stop)).Rows.ShouldBe(then);
        (await boards.RankAsync(Ada, protocolHash: "past", asOf: time, cancellation: Stop)).Rows.ShouldBe(then);
        (await boards.RankAsync(Ada, protocolHash: "past", asOf: new AsOf(0, null), cancellation: Stop)).Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_protocols_are_never_ranked_together()
    {
        var lease = await LeasedAsync();
        var checkpoint = await SaveCheckpointLineAsync(2, 5);
        await SendOkAsync(lease, Started(1), checkpoint, await EvaluationLineAsync(3, IdOf(checkpoint), 5, Images(0.3), split: "both", protocolHash: "one"),
            await EvaluationLineAsync(4, IdOf(checkpoint), 5, Images(0.9), split: "both", protocolHash: "two"), Closed(5, "completed"));
        await SettledAsync();

        (await Get<LeaderboardQueries>().RankAsync(Ada, split: "both", cancellation: Stop)).Rows.Select(row => row.Rank).ShouldBe([1, 1]);
        (await Get<LeaderboardQueries>().BoardsAsync(Ada, cancellation: Stop)).Count(board => board.Split == "both").ShouldBe(2);
    }

    [Fact]
    public async Task A_board_that_is_cut_keeps_the_best_counts_all_and_shows_an_experiment_whole_with_its_ranks()
    {
        var experiments = new List<string>();
        foreach (var recalls in new[] { new[] { 0.9, 0.2 }, [0.5, 0.7] })
        {
            experiments.Add((await QueueAsync(Spec("cut"))).ExperimentId);
            var lease = await LeaseAsync(await AdmitAsync(LabId.New()));
            var (first, second) = (await SaveCheckpointLineAsync(2, 5), await SaveCheckpointLineAsync(4, 10));
            await SendOkAsync(lease, Started(1), first, await EvaluationLineAsync(3, IdOf(first), 5, Images(recalls[0]), protocolHash: "cut"),
                second, await EvaluationLineAsync(5, IdOf(second), 10, Images(recalls[1]), protocolHash: "cut"), Closed(6, "completed"));
        }
        await SettledAsync();
        var narrow = new LeaderboardQueries(Get<Npgsql.NpgsqlDataSource>(), Settings with { BoardRows = 2 });

        var cut = await narrow.RankAsync(Ada, protocolHash: "cut", cancellation: Stop);
        (cut.Rows.Count, cut.Total).ShouldBe((2, 4));
        cut.Rows.Select(row => (row.Rank, Math.Round(row.Recall, 1))).ShouldBe([(1, 0.9), (2, 0.7)], "the best, not the newest");

        var own = await narrow.RankAsync(Ada, protocolHash: "cut", experimentId: experiments[0], cancellation: Stop);
        (own.Rows.Count, own.Total).ShouldBe((2, 2));
        own.Rows.Select(row => row.Rank).ShouldBe([1, 4], "a filter does not make a run better");
        (await narrow.ExperimentsAsync(Ada, (await narrow.BoardsAsync(Ada, cancellation: Stop)).Single(board => board.ProtocolHash == "cut"), cancellation: Stop)).Select(one => one.Id).ShouldBe(experiments, ignoreOrder: true);
        (await narrow.NewestAsync(Ada, Stop)).ShouldContain(row => row.ExperimentId == experiments[1] && row.Rank == 3);
    }

    [Theory]
    [InlineData("42", 42L)]
    [InlineData("2026-03-01T12:00:00Z", null)]
    [InlineData("2026-03-01T12:00:00+02:00", null)]
    public void A_moment_is_a_sequence_or_a_time_with_offset(string text, long? sequence) => AsOf.Parse(text).ShouldNotBeNull().Sequence.ShouldBe(sequence);

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("-1")]
    [InlineData("2026-03-01T12:00:00")]
    [InlineData("2026-03-01")]
    public void Anything_else_is_no_moment(string text) => AsOf.Parse(text).ShouldBeNull();

    [Fact]
    public void A_paired_difference_has_the_mean_of_the_differences_and_the_same_interval_each_time()
    {
        double?[] worse = [0.1, 0.5, null, 0.9, 0.3], better = [0.2, 0.6, 0.5, 1.0, 0.5];

        var found = PairedBootstrap.Difference(better, worse).ShouldNotBeNull();

        found.Mean.ShouldBe(0.125, 1e-12);
        found.Low.ShouldBeGreaterThan(0);
        found.High.ShouldBeLessThanOrEqualTo(0.2 + 1e-12);
        PairedBootstrap.Difference(better, worse).ShouldBe(found);
        PairedBootstrap.Difference(better, [0.1]).ShouldBeNull();
    }
}
