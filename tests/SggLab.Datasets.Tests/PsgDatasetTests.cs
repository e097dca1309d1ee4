using System.Text;
using System.Text.Json.Nodes;
using SggLab.Datasets.Psg;

namespace SggLab.Datasets.Tests;

public class PsgDatasetTests
{
    private static readonly string PsgFile = Golden.File("psg", "psg.json");
    private static readonly JsonNode Expected = JsonNode.Parse(File.ReadAllText(Golden.File("expected", "psg-json.json")))!;

    [Theory, InlineData("train"), InlineData("test")]
    public void Graphs_are_those_of_the_reference_loader(string split)
    {
        using var dataset = PsgDataset.Open(PsgFile, split);
        using var things = PsgDataset.Open(PsgFile, split, new PsgOptions { Objects = PsgObjects.Things });
        var expected = Expected[split]!.AsArray();
        dataset.Count.ShouldBe(expected.Count);
        for (var row = 0; row < dataset.Count; row++)
        {
            var (example, want) = (dataset[row], expected[row]!);
            example.ImageId.ShouldBe((string)want["id"]!);
            (example.Width, example.Height).ShouldBe(((int)want["width"]!, (int)want["height"]!));
            example.Image.Path.ShouldNotBeNull().ShouldEndWith((string)want["filename"]!);
            ShouldHold(example, want["boxes"]!, want["labels"]!);
            ShouldHold(things[row], want["thing_boxes"]!, want["thing_labels"]!);
            string Id(JsonNode? index) => example.Objects[(int)index!].Id;
            var triplets = want["relations"]!.AsArray().Select(r => (Id(r![0]), Predicate: (string)r[2]!, Id(r[1]))).ToList();
            var read = example.Relationships.Select(r => (r.Subject, r.Predicate, r.Object)).ToList();
            if ((bool)want["relations_are_a_random_choice"]!) read.Select(r => (r.Subject, r.Object)).ShouldBe(triplets.Select(r => (r.Item1, r.Item3)));
            else read.ShouldBe(triplets);
        }
    }

    [Fact]
    public void The_draw_among_a_pairs_predicates_follows_the_seed_and_can_be_turned_off()
    {
        using var all = PsgDataset.Open(PsgFile, "train", new PsgOptions { Relations = PsgRelations.All });
        using var one = PsgDataset.Open(PsgFile, "train");
        one.Select(example => example.Relationships).ShouldBe(one.Select(example => example.Relationships));
        foreach (var (kept, every) in one.Zip(all))
        {
            kept.Relationships.ShouldBeSubsetOf(every.Relationships);
            kept.Relationships.Select(r => (r.Subject, r.Object)).ShouldBeUnique();
            kept.Relationships.Count.ShouldBe(every.Relationships.Select(r => (r.Subject, r.Object)).Distinct().Count());
        }
    }

    [Fact]
    public void A_file_larger_than_the_buffer_reads_the_same_whatever_its_white_space()
    {
        using var folder = new TemporaryFolder();
        var indented = JsonNode.Parse(File.ReadAllText(PsgFile))!;
        var data = indented["data"]!.AsArray();
        data[0]!["padding"] = new string('x', 300_000);
        data[^1]!["padding"] = new string('é', 90_000);
        var path = folder["psg.json"];
        File.WriteAllText(path, indented.ToJsonString(new() { WriteIndented = true }), Encoding.UTF8);
        using var padded = PsgDataset.Open(path, "train");
        using var plain = PsgDataset.Open(PsgFile, "train");
        padded.Select(example => PythonDumps.Objects(example.Objects)).ShouldBe(plain.Select(example => PythonDumps.Objects(example.Objects)));
    }

    private static void ShouldHold(SceneGraphExample example, JsonNode boxes, JsonNode labels)
    {
        example.Objects.Select(item => item.Id).ShouldBe(labels.AsArray().Select((label, i) => $"{label}.{i + 1}"));
        example.Objects.SelectMany(item => new[] { item.Box.X1, item.Box.Y1, item.Box.X2, item.Box.Y2 })
            .ShouldBe(boxes.AsArray().SelectMany(box => box!.AsArray()).Select(number => (double)number!));
    }
}
