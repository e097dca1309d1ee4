using SggLab.SceneGraphs.Rewards;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Rewards;

public sealed class RewardGoldenTests
{
    [Fact]
    public void Every_case_of_the_word_vector_file_earns_what_the_reference_gave() =>
        ShouldEqualTheReference("rewards/cases.jsonl", VectorSimilarity.Load(Golden.PathOf("rewards/vectors.txt")), 1e-6, 600);

    [Fact]
    public void Every_case_of_the_spaCy_file_earns_what_the_reference_gave() =>
        ShouldEqualTheReference("rewards/cases.spacy.jsonl", SpacySmSimilarity.Shared, 1e-4, 500);

    private static void ShouldEqualTheReference(string file, ICategorySimilarity similarity, double tolerance, int cases)
    {
        var scorer = RewardScorer.Create(new RewardVariant { Name = "six", Terms = [.. RewardFunctions.Reference.Select(f => new RewardTerm(f))] }, similarity);
        var wrong = new List<string>();
        var count = 0;
        foreach (var line in Golden.Lines(file))
        {
            count++;
            var scale = line.GetProperty("box_scale");
            var parts = scorer.Score(line.GetProperty("completion").GetString()!, line.GetProperty("ground_truth").Graph(), scale[0].GetDouble(), scale[1].GetDouble()).Parts;
            foreach (var expected in line.GetProperty("expected").EnumerateObject())
            {
                if (Math.Abs(parts[expected.Name] - expected.Value.GetDouble()) > tolerance)
                    wrong.Add($"{line.GetProperty("image_id")} {expected.Name}: {parts[expected.Name]} instead of {expected.Value}");
            }
        }
        count.ShouldBe(cases);
        wrong.ShouldBeEmpty();
    }
}
