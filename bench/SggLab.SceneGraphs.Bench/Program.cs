using System.Diagnostics;
using SggLab.SceneGraphs.Bench;
using SggLab.SceneGraphs.Metrics;
using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;
using SggLab.SceneGraphs.Vocabularies;

var json = args.Contains("--json");
var names = args.Where(a => !a.StartsWith('-')).ToList();
foreach (var name in names.Count > 0 ? names : ["rewards", "evaluator"])
{
    IEnumerable<Measure> measures = name switch
    {
        "rewards" => Rewards(),
        "evaluator" => Evaluator(),
        _ => throw new ArgumentException($"There is no benchmark \"{name}\". Known: rewards, evaluator."),
    };
    foreach (var measure in measures) measure.Print(json);
}

// The six rewards with spacy-sm on one core, names warm as in training; then on all cores.
static IEnumerable<Measure> Rewards()
{
    const string yardstick = "the reference's Python, recorded on a like core";
    var samples = Samples.Rewards();
    var scorer = RewardScorer.Create(RewardVariants.ReferenceSix, SpacySmSimilarity.Shared);
    Pass(scorer, samples);
    Pass(scorer, samples);
    var before = GC.GetAllocatedBytesForCurrentThread();
    Pass(scorer, samples);
    var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
    yield return Measure.Rate("rewards_one_core", Best(() => Pass(scorer, samples), samples.Count), "cases/s", yardstick, 430);
    yield return Measure.Plain("rewards_allocated", bytes / (double)samples.Count, "bytes/case");
    yield return ArithmeticLoop.Rate();
    var cores = Environment.ProcessorCount;
    var rate = Best(() => Parallel.For(0, cores, _ => Pass(scorer, samples)), samples.Count * cores);
    yield return Measure.Rate($"rewards_{cores}_cores", rate, "cases/s", yardstick, 430);
}

static void Pass(RewardScorer scorer, List<Samples.RewardSample> samples)
{
    Span<double> parts = stackalloc double[6];
    foreach (var sample in samples) scorer.ScoreInto(sample.Completion, sample.Truth, sample.Width, sample.Height, parts);
}

static double Best(Action pass, int cases)
{
    var best = double.MaxValue;
    for (var i = 0; i < 20; i++)
    {
        var watch = Stopwatch.StartNew();
        pass();
        best = Math.Min(best, watch.Elapsed.TotalSeconds);
    }
    return cases / best;
}

static IEnumerable<Measure> Evaluator()
{
    var (truths, predictions) = Samples.Evaluation(2000);
    var best = double.MaxValue;
    for (var i = 0; i < 6; i++)
    {
        var watch = Stopwatch.StartNew();
        SceneGraphEvaluator.Evaluate(KnownVocabularies.Vg150, truths, predictions, EvaluationProtocol.Reference);
        best = Math.Min(best, watch.Elapsed.TotalSeconds);
    }
    yield return ArithmeticLoop.Rate();
    yield return Measure.Time("evaluation_2000_images", best, "s", "the reference's Python on the same images, recorded, CPU seconds", 34.3);
}
