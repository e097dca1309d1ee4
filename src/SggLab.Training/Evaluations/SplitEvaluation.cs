using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Datasets.Synthetic;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Metrics;
using SggLab.SceneGraphs.Vocabularies;
using SggLab.Training.Checkpoints;
using SggLab.Training.Prompts;
using SggLab.Training.Rollouts;
using Vocabulary = SggLab.SceneGraphs.Vocabularies.Vocabulary;

namespace SggLab.Training.Evaluations;

/// <summary>Greedy inference over a split and the figures of what was written.</summary>
internal sealed class SplitEvaluation(ExamplePrompts prompts, ICompletionSource rollouts, RunSpec spec)
{
    /// <summary>Predicts the first images, writes the predictions as JSON lines, and works out the figures.</summary>
    /// <param name="limit">How many images; null = all.</param>
    /// <param name="source">What the data are called in messages.</param>
    /// <param name="key">Names the weights: predictions of the same weights that an earlier evaluation left in the file are taken over.</param>
    /// <param name="onBatch">Called with the images done after each batch; false stops.</param>
    /// <returns>Null where it was stopped.</returns>
    public EvaluationFigures? Run(ISceneGraphDataset data, int? limit, string source, string predictionsFile, string key, Func<int, int, bool> onBatch)
    {
        var count = Math.Min(data.Count, limit ?? int.MaxValue);
        if (count == 0)
            throw new LabException($"{source} has no row to evaluate.");
        var truths = new List<GroundTruthImage>(count);
        using var log = PredictionLog.Open(predictionsFile, key, spec.Evaluation.BatchSize);
        var predictions = log.Done.Take(count).ToList();
        for (var row = 0; row < predictions.Count; row++)
            truths.Add(Truth(data[row]));
        foreach (var rows in Enumerable.Range(predictions.Count, count - predictions.Count).Chunk(spec.Evaluation.BatchSize))
        {
            var batch = rows.Select(row => prompts.ForInference(data[row])).ToArray();
            foreach (var (prompt, answer) in batch.Zip(rollouts.Greedy(batch, spec.Protocol.MaxNewTokens)))
            {
                truths.Add(Truth(prompt.Example));
                predictions.Add(new RawPrediction(prompt.Example.ImageId, answer.Text, prompt.Scale.Width, prompt.Scale.Height));
                log.Add(predictions[^1]);
            }
            log.Flush();
            if (!onBatch(predictions.Count, count))
                return null;
        }
        return EvaluationFigures.Of(SceneGraphEvaluator.Evaluate(VocabularyOf(spec.Data.Vocabulary), truths, predictions, EvaluationProtocol.Find(spec.Protocol.AnswerParser)));
    }

    /// <summary>The names that figures are counted over; synthetic scenes have their own.</summary>
    public static Vocabulary VocabularyOf(string name) =>
        name == "synthetic" ? Vocabulary.Of(name, SceneVocabulary.Objects, SceneVocabulary.Predicates) : KnownVocabularies.Find(name);

    /// <exception cref="LabException">An example names what the vocabulary does not hold, so that no figure could be counted over it.</exception>
    public static void CheckNames(SceneGraphExample example, Vocabulary vocabulary) =>
        SceneGraphEvaluator.Check(vocabulary, Truth(example) with { Source = $"{example.Origin.File}, row {example.Origin.Row}" });

    private static GroundTruthImage Truth(SceneGraphExample example) =>
        new(example.ImageId, example.Width, example.Height, new SceneGraph(example.Objects, example.Relationships));
}
