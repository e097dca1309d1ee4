using SggLab.Contracts.Api;
using SggLab.Web.Queue;

namespace SggLab.Web.Tests.Queue;

public sealed class QueueTextTests
{
    [Fact]
    public void A_run_on_a_GPU_does_not_claim_that_a_free_worker_without_one_takes_it()
    {
        var item = new QueueItem(1, Samples.Run(state: "queued"), null, "cuda");

        QueueText.Why(item, [Worker("cpu", "idle")]).ShouldBe("waits for a worker with a GPU; none is connected");
        QueueText.Why(item, [Worker("cpu", "idle"), Worker("cuda", "busy")]).ShouldBe("waits for a worker with a GPU; all of them are busy");
        QueueText.Why(item, [Worker("cuda", "idle")]).ShouldBe("a worker takes it in a moment");
        QueueText.Why(item with { Device = "cpu" }, [Worker("cpu", "idle")]).ShouldBe("a worker takes it in a moment");
    }

    [Fact]
    public void A_silent_worker_speaks_of_its_run_only_where_it_has_one()
    {
        QueueText.Note(Worker("cpu", "silent")).ShouldBe("It has not been heard of for a while. It had no run.");
        QueueText.Note(Worker("cpu", "silent") with { RunId = "r1", Run = "soft-s1" }).ShouldBe("It has not been heard of for a while; its run goes back into the queue if it stays so.");
        QueueText.Note(Worker("cpu", "busy") with { RunId = "r1", Run = "soft-s1" }).ShouldBeNull();
        QueueText.Note(Worker("cpu", "idle")).ShouldBe("Waits for a run");
    }

    private static WorkerSummary Worker(string device, string state) => new($"{device}-{state}", "box", device, state, null, null, Samples.Noon, "1.0");
}
