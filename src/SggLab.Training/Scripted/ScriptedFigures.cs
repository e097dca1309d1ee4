using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Training.Checkpoints;
using SggLab.Training.Evaluations;

namespace SggLab.Training.Scripted;

/// <summary>The formulas behind a scripted run: pure functions of seed and step.</summary>
internal static class ScriptedFigures
{
    private const int Images = 100;
    public static string DatasetHash { get; } = ContentHash.OfBytes("scripted images 0 to 99"u8);

    public static MetricsRecord Metrics(int seed, int step, ScriptedSettings script)
    {
        var done = step / (double)script.Steps;
        var noise = Noise(seed, step, 0) - 0.5;
        return new MetricsRecord([step], new Dictionary<string, IReadOnlyList<double?>>
        {
            ["loss"] = [2.5 * Math.Exp(-3 * done) + 0.1 + 0.1 * noise],
            ["reward"] = [script.FinalRecall * (1 - Math.Exp(-3 * done)) + 0.05 * noise],
            ["reward_std"] = [0.2 + 0.1 * Noise(seed, step, 1)],
            ["grad_norm"] = [1 + Noise(seed, step, 2)],
            ["learning_rate"] = [1e-5 * (1 - done)],
        });
    }

    public static byte[] Weights(int seed, int step)
    {
        var bytes = new byte[4096];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(256 * Noise(seed, step, i));
        return bytes;
    }

    public static IEnumerable<string> Predictions(int seed) => Enumerable.Range(0, Images).Select(image =>
        $$"""{"image_id":"scripted-{{image}}","response":"<answer>{\"objects\": [], \"relationships\": []}</answer>","seed":{{seed}}}""");

    public static EvaluationRecord Evaluation(RunSpec spec, ScriptedSettings script, string checkpoint, string predictionsFile)
    {
        double?[] perImage = [.. Enumerable.Range(0, Images).Select(image => image % 10 == 9 ? (double?)null : Recall(spec.Seed, image, script.FinalRecall))];
        var recall = RecallInterval.Of(perImage);
        var perPredicate = new Dictionary<string, double> { ["on"] = recall.Mean, ["near"] = recall.Mean / 2 };
        return new EvaluationRecord(checkpoint, script.Steps, spec.Protocol.Name, ContentHash.Of(spec.Protocol), spec.Protocol.Dataset, spec.Protocol.Split,
            DatasetHash, Images, FailureRate: 0.02, recall.Mean, MeanRecall: 0.75 * recall.Mean, Ap50: 0.5 * recall.Mean, recall.Low, recall.High,
            new Dictionary<string, double> { ["sgdet.R@50"] = recall.Mean }, perPredicate, perImage,
            CheckpointFolder.Blob("predictions.jsonl", predictionsFile));
    }

    /// <summary>Quarters around the wanted mean, as an image with four relations would give.</summary>
    private static double Recall(int seed, int image, double mean) =>
        Math.Clamp(Math.Floor(4 * mean + Noise(seed, image, 7)) / 4, 0, 1);

    /// <summary>A number in [0, 1) from three integers (the finalizer of SplitMix64).</summary>
    private static double Noise(int seed, int step, int stream)
    {
        var z = unchecked((ulong)seed * 0x9E3779B97F4A7C15 + (ulong)step * 0xBF58476D1CE4E5B9 + (ulong)stream * 0x94D049BB133111EB);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
