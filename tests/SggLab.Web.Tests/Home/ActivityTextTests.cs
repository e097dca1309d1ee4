using SggLab.Contracts.Api;
using SggLab.Web.Home;
using SggLab.Web.Queue;

namespace SggLab.Web.Tests.Home;

public sealed class ActivityTextTests
{
    private static ActivityItem Item(string text, string? run = null, string by = "worker w1", string? checkpoint = null) =>
        new(1, Samples.Noon, by, text, run is null ? null : "r1", "e1", checkpoint, run);

    private static string Shown(ActivityItem item) => string.Concat(ActivityText.Parts(item).Select(part => part.Address is null ? part.Text : $"[{part.Text}]({part.Address})"));

    [Fact]
    public void What_a_sentence_names_is_linked()
    {
        Shown(Item("completed soft-s1 at step 9", "soft-s1")).ShouldBe("completed [soft-s1](/runs/r1) at step 9");
        Shown(Item("saved a checkpoint of soft-s1 at step 9 (full)", "soft-s1", checkpoint: "c1")).ShouldBe("saved [a checkpoint](/checkpoints/c1) of [soft-s1](/runs/r1) at step 9 (full)");
        Shown(Item("queued experiment All with all with 3 runs", by: "admin")).ShouldBe("queued experiment [All with all](/experiments/e1) with 3 runs");
        Shown(Item("changed the password of admin", by: "admin")).ShouldBe("changed the password of admin");
    }

    [Fact]
    public void A_run_that_fails_again_and_again_on_any_worker_is_one_line()
    {
        ActivityItem[] items = [Item("soft-s1 failed: step 7 is not a number.", "soft-s1", "worker w2"), Item("took soft-s1, attempt 2", "soft-s1", "worker w2"),
            Item("soft-s1 failed: step 5 is not a number.", "soft-s1"), Item("took soft-s1, attempt 1", "soft-s1"), Item("changed the password of admin", by: "ada"), Item("changed the password of admin", by: "bob")];
        ActivityLine.Fold(items, 10).Select(line => (line.Item.Text, line.Earlier)).ShouldBe(
            [("soft-s1 failed 2 times: step 7 is not a number.", 0), ("took soft-s1, attempt 2", 1), ("changed the password of admin", 0), ("changed the password of admin", 0)]);
    }

    [Fact]
    public void A_worker_has_the_name_of_its_machine_and_is_named_once()
    {
        WorkerSummary Worker(string id, string machine) => new(id, machine, "cpu", "idle", null, null, Samples.Noon, "1.0");
        var names = WorkerNames.Of([Worker("w1", "gpu-box"), Worker("abcdef", "laptop"), Worker("ghijkl", "laptop")]);
        (names["w1"], names["abcdef"], names["gone"]).ShouldBe(("gpu-box", "laptop-abcd", "gone"));
        var item = Item("worker w1 came up on gpu-box (cpu)");
        (ActivityText.By(item, names), Shown(item)).ShouldBe(("gpu-box", "came up on gpu-box (cpu)"));
    }
}
