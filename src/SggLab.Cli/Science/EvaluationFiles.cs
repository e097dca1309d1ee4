using SggLab.Contracts;
using SggLab.SceneGraphs.Metrics;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.Cli.Science;

/// <summary>The files of an evaluation: ground truth, predictions, and a vocabulary of one's own.</summary>
internal static class EvaluationFiles
{
    public static List<GroundTruthImage> GroundTruth(string file) =>
        [.. JsonRow.Read(file).Select(r => new GroundTruthImage(r.Id("image_id"), r.WholeNumber("width"), r.WholeNumber("height"), r.Graph()) { Source = r.Source })];

    public static List<RawPrediction> Predictions(string file) => [.. JsonRow.Read(file).Select(r =>
    {
        var (width, height) = r.BoxScale();
        return new RawPrediction(r.Id("image_id"), r.Text("response"), width, height) { Source = r.Source };
    })];

    /// <exception cref="LabException">Two of the files are standard input, which can be read once.</exception>
    public static void MustDiffer(params string[] files)
    {
        if (files.Count(f => f == "-") > 1) throw new LabException("Only one of the files can be - (standard input). Give paths for the others.");
    }

    /// <param name="dataset">vg150, psg, or a JSON file {"objects": […], "predicates": […]}.</param>
    public static Vocabulary VocabularyOf(string dataset)
    {
        if (!dataset.EndsWith(".json", StringComparison.Ordinal)) return KnownVocabularies.Find(dataset);
        var row = JsonRow.ReadWhole(dataset);
        var vocabulary = Vocabulary.Of(Path.GetFileNameWithoutExtension(dataset), row.Texts("objects"), row.Texts("predicates"), dataset);
        return vocabulary.Objects.Count > 0 && vocabulary.Predicates.Count > 0
            ? vocabulary
            : throw new LabException($"{dataset} lists no objects or no predicates; wanted {{\"objects\": [\"cup\"], \"predicates\": [\"on\"]}} with at least one of each.");
    }
}
