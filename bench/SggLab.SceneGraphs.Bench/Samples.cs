using System.Text.Json;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Metrics;

namespace SggLab.SceneGraphs.Bench;

/// <summary>The golden files of the tests as inputs.</summary>
internal static class Samples
{
    public sealed record RewardSample(string Completion, SceneGraph Truth, double Width, double Height);

    public static List<RewardSample> Rewards() =>
        [.. Lines("rewards/cases.spacy.jsonl").Select(l => new RewardSample(l.GetProperty("completion").GetString()!, Graph(l.GetProperty("ground_truth")), l.GetProperty("box_scale")[0].GetDouble(), l.GetProperty("box_scale")[1].GetDouble()))];

    /// <summary>The VG150 set repeated to the number of images wanted, under new ids.</summary>
    public static (List<GroundTruthImage> Truths, List<RawPrediction> Predictions) Evaluation(int images)
    {
        var truths = Lines("sgg/vg150/ground_truth.jsonl").Select(l => new GroundTruthImage(Id(l), l.GetProperty("width").GetInt32(), l.GetProperty("height").GetInt32(), Graph(l))).ToList();
        var predictions = Lines("sgg/vg150/predictions.jsonl").Select(Prediction).ToDictionary(p => p.ImageId);
        var many = Enumerable.Range(0, images).Select(i => (Name: FormattableString.Invariant($"{i:D7}"), Truth: truths[i % truths.Count])).ToList();
        return ([.. many.Select(m => m.Truth with { ImageId = m.Name })], [.. many.Select(m => predictions[m.Truth.ImageId] with { ImageId = m.Name })]);
    }

    private static RawPrediction Prediction(JsonElement line)
    {
        var (width, height) = line.TryGetProperty("box_scale", out var scale) ? (scale[0].GetDouble(), scale[1].GetDouble()) : (1000, 1000);
        return new RawPrediction(Id(line), line.GetProperty("response").GetString()!, width, height);
    }

    private static string Id(JsonElement line) => line.GetProperty("image_id").GetString()!;

    private static IEnumerable<JsonElement> Lines(string file) => File.ReadLines(Path.Combine(Folder(), file)).Select(l => JsonDocument.Parse(l).RootElement);

    private static SceneGraph Graph(JsonElement graph) => new(
        [.. graph.GetProperty("objects").EnumerateArray().Select(o => new SceneObject(o.GetProperty("id").GetString()!, Box(o.GetProperty("bbox"))))],
        [.. graph.GetProperty("relationships").EnumerateArray().Select(r => new SceneRelationship(r.GetProperty("subject").GetString()!, r.GetProperty("predicate").GetString()!, r.GetProperty("object").GetString()!))]);

    private static Box Box(JsonElement box) => new(box[0].GetDouble(), box[1].GetDouble(), box[2].GetDouble(), box[3].GetDouble());

    private static string Folder()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "SggLab.sln"))) return Path.Combine(folder, "tests", "golden");
        throw new InvalidOperationException("Run the benchmarks inside the repository: they read tests/golden.");
    }
}
