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

    private static WorkerSummary Worker(string device, string state) => new($"{device}-{state}", "box", device, state, null, null, Samples.Noon, "1.0");
}
