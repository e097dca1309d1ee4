using System.Text.Json.Nodes;
using SggLab.Datasets.VisualGenome;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Tests;

public class VgDatasetTests
{
    private static readonly JsonNode Expected = JsonNode.Parse(File.ReadAllText(Golden.File("expected", "vg-h5.json")))!;

    public static TheoryData<string, string> FilesAndSplits => new MatrixTheoryData<string, string>(
        ["VG-SGG-with-attri.h5", "VG-SGG-with-attri.gzip.h5"], ["train", "train_filter_non_overlap", "val", "test"]);

    [Theory, MemberData(nameof(FilesAndSplits))]
    public void Graphs_are_those_of_the_reference_loader(string file, string key)
    {
        var options = new VgOptions { ValidationImages = 4, DropDistantRelations = key == "train_filter_non_overlap" };
        var split = key.Split('_')[0];
        var dataset = VgDataset.Open(Golden.File("vg", file), split, options);
        var clipped = VgDataset.Open(Golden.File("vg", file), split, options with { ClipToImage = true });
        var expected = Expected["splits"]![key]!.AsArray();
        dataset.Count.ShouldBe(expected.Count);
        for (var row = 0; row < dataset.Count; row++)
        {
            var (example, want) = (dataset[row], expected[row]!);
            dataset.ImageIndex(row).ShouldBe((int)want["index"]!);
            example.ImageId.ShouldBe(want["image_id"]!.ToString());
            (example.Width, example.Height).ShouldBe(((int)want["width"]!, (int)want["height"]!));
            Boxes(example).ShouldBe(Boxes(want["boxes_pixels"]!));
            Boxes(clipped[row]).ShouldBe(Boxes(want["boxes_pixels_clipped"]!));
            example.Objects.Select(item => item.Id).ShouldBe(want["labels"]!.AsArray().Select((label, i) => $"{label}.{i + 1}"));
            dataset.Attributes(row).ShouldBe(want["attributes"]!.AsArray().Select(list => (IReadOnlyList<string>)[.. list!.AsArray().Select(name => (string)name!)]));
            string Id(JsonNode? index) => example.Objects[(int)index!].Id;
            example.Relationships.ShouldBe(want["relations"]!.AsArray().Select(r => new SceneRelationship(Id(r![0]), (string)r[2]!, Id(r[1]))));
            example.Image.DecodeRgb().Width.ShouldBe(example.Width);
        }
    }

    [Fact]
    public void Without_other_files_indices_are_ids_and_names_are_built_in()
    {
        var dataset = VgDataset.Open(Golden.File("corrupt", "ok.h5"), "test");
        dataset.Count.ShouldBeGreaterThan(0);
        dataset[0].ImageId.ShouldBe(dataset[0].Origin.Row.ToString(System.Globalization.CultureInfo.InvariantCulture));
        dataset[0].Objects.Select(item => item.Id.Split('.')[0]).ShouldBeSubsetOf(Vocabulary.Vg150.Objects);
    }

    private static double[] Boxes(SceneGraphExample example) => [.. example.Objects.SelectMany(item => new[] { item.Box.X1, item.Box.Y1, item.Box.X2, item.Box.Y2 })];

    private static double[] Boxes(JsonNode node) => [.. node.AsArray().SelectMany(box => box!.AsArray()).Select(number => (double)number!)];
}
