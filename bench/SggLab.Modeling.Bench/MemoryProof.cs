using SggLab.Contracts.Records;
using SggLab.Training.Demo;
using TorchSharp;

namespace SggLab.Modeling.Bench;

/// <summary>Many steps of the GRPO trainer on the demo's model: rollouts, rewards, update, rollout shards. What it holds must not grow.</summary>
internal static class MemoryProof
{
    /// <summary>Growth from the end of the first tenth to the end of the run that is still flat.</summary>
    private const double LargestGrowth = 0.02;

    public static IEnumerable<Measure> Run(int steps)
    {
        using var folder = new ScratchFolder();
        DemoExperiment.Prepare(folder["demo"]);
        var spec = GrpoSteps.Spec(folder, folder["demo/base"], GrpoSteps.Settings(steps));
        var samples = new Samples(steps);
        GrpoSteps.Run(folder, spec with { Protocol = spec.Protocol with { MaxPixels = 84 * 84 } }, samples.Take);
        yield return Measure.Plain("memory_steps", steps, "steps");
        yield return Measure.Plain("memory_after_a_tenth", samples.Early, "MB");
        yield return Measure.Plain("memory_at_the_end", samples.Late, "MB");
        yield return Measure.Plain("memory_growth", 100 * samples.Growth, "%", FormattableString.Invariant($"at most {100 * LargestGrowth}"));
        yield return Measure.Plain("tensors_alive_after_a_tenth", samples.EarlyTensors, "");
        yield return Measure.Plain("tensors_alive_at_the_end", samples.LateTensors, "", "as many");
    }

    /// <summary>Resident memory and live tensors, each the median over a twentieth of the run: single steps vary with the length of their rollouts.</summary>
    private sealed class Samples(int steps)
    {
        private readonly List<double> _megabytes = [];
        private readonly List<double> _tensors = [];

        public void Take(MetricsRecord metrics)
        {
            _megabytes.Add(Environment.WorkingSet / 1e6);
            _tensors.Add(torch.Tensor.TotalCount);
        }

        private int Window => Math.Max(1, steps / 20);

        public double Early => Median(_megabytes, steps / 10);
        public double Late => Median(_megabytes, steps);
        public double Growth => Late / Early - 1;
        public double EarlyTensors => Median(_tensors, steps / 10);
        public double LateTensors => Median(_tensors, steps);

        private double Median(List<double> values, int end)
        {
            var part = values[Math.Max(0, end - Window)..Math.Max(1, end)];
            part.Sort();
            return part[part.Count / 2];
        }
    }
}
