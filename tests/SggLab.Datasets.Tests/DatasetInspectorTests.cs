using System.Text.RegularExpressions;
using SggLab.Datasets.Inspection;
using SggLab.Datasets.Synthetic;

namespace SggLab.Datasets.Tests;

public sealed class DatasetInspectorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, string> Corrupt =>
        [.. Golden.Lines("expected", "corrupt.jsonl").Select(line => new TheoryDataRow<string, string, string>((string)line["file"]!, (string)line["wrong"]!, (string)line["want"]!))];

    [Theory, MemberData(nameof(Corrupt))]
    public void A_broken_file_gets_an_error_that_names_it_and_a_good_one_none(string file, string wrong, string want)
    {
        var path = Golden.File("corrupt", file);
        var report = DatasetInspector.Inspect(path, new InspectionOptions(DecodeImages: true));
        if (want is "ok" or "error, or read as text" || want.StartsWith("empty data set", StringComparison.Ordinal))
        {
            report.Errors.ShouldBeEmpty();
            report.ContentHash.ShouldNotBeNull();
            return;
        }
        report.ContentHash.ShouldBeNull();
        var error = report.Errors.ShouldHaveSingleItem();
        error.File.ShouldBe(path);
        error.Message.ShouldNotBeNullOrWhiteSpace();
        if (Regex.Match(wrong, @"^row (\d)").Groups[1] is { Success: true } row) error.Row.ShouldBe(int.Parse(row.Value, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_folder_of_data_sets_is_answered_with_those_below_it()
    {
        var said = Should.Throw<DatasetException>(() => DatasetInspector.Inspect(Golden.File("hf"))).Message;

        said.ShouldContain("the folder holds no data set");
        said.ShouldContain(Golden.File("hf", "psg_test_sg"));
        said.ShouldEndWith("below it do: give one of them");
    }

    [Theory]
    [InlineData("bad_json_objects.parquet", 1, "objects", "not valid JSON")]
    [InlineData("bad_json_relationships.parquet", 1, "relationships", "not valid JSON")]
    [InlineData("null_objects.parquet", 1, "objects", "null")]
    [InlineData("objects_not_list.parquet", 1, "objects", "expected a JSON list")]
    [InlineData("box_three_numbers.parquet", 1, "objects", "3 numbers")]
    [InlineData("relation_to_missing_object.parquet", 1, "relationships", "not among")]
    [InlineData("duplicate_object_id.parquet", 1, "objects", "twice")]
    [InlineData("image_not_decodable.parquet", 1, "image", "no image")]
    [InlineData("image_truncated.parquet", 1, "image", "cut off")]
    [InlineData("image_null.parquet", 1, "image", "null")]
    [InlineData("image_no_bytes.parquet", 1, "image.bytes", "nowhere/x.jpg")]
    [InlineData("image_is_text.parquet", null, "image", "struct{bytes")]
    [InlineData("objects_is_int.parquet", null, "objects", "Int64")]
    [InlineData("objects_is_struct.parquet", null, "objects", "structure")]
    [InlineData("missing_objects.parquet", null, "objects", "missing")]
    [InlineData("missing_image.parquet", null, "image", "missing")]
    [InlineData("page_damaged.parquet", 0, "image_id", "damaged")]
    [InlineData("truncated.parquet", null, null, "cut off")]
    [InlineData("empty.parquet", null, null, "empty")]
    [InlineData("missing_dataset.h5", null, "relationships", "missing")]
    [InlineData("missing_boxes_1024.h5", null, "boxes_1024", "boxes_512")]
    [InlineData("labels_one_dimension.h5", null, "labels", "expected (n, 1)")]
    [InlineData("lengths_differ.h5", null, "predicates", "rows where")]
    [InlineData("truncated.h5", null, null, "7785 bytes of 15570")]
    [InlineData("not_hdf5.h5", null, null, "signature")]
    [InlineData("no_test_ids.psg.json", null, "test_image_ids", "missing")]
    [InlineData("truncated.psg.json", 7, "data", "cut off")]
    public void The_error_says_where_and_what(string file, int? row, string? field, string part)
    {
        var error = DatasetInspector.Inspect(Golden.File("corrupt", file), new InspectionOptions(DecodeImages: true)).Errors.ShouldHaveSingleItem();
        (error.Row, error.Field).ShouldBe((row, field), error.Message);
        error.Message.ShouldContain(part);
    }

    [Theory]
    [InlineData("relation_out_of_range.h5", "relationships")]
    [InlineData("relation_to_other_image.h5", "relationships")]
    [InlineData("label_out_of_range.h5", "labels")]
    [InlineData("zero_width_box.h5", "boxes_1024")]
    [InlineData("missing_segment.psg.json", "relations")]
    [InlineData("negative_segment.psg.json", "relations")]
    [InlineData("predicate_out_of_range.psg.json", "relations")]
    [InlineData("category_out_of_range.psg.json", "annotations")]
    [InlineData("lengths_differ.psg.json", "annotations")]
    [InlineData("no_relations_key.psg.json", "relations")]
    [InlineData("box_three_numbers.psg.json", "annotations")]
    [InlineData("bbox_mode_xywh.psg.json", "annotations")]
    public void An_error_of_an_image_names_its_index(string file, string field)
    {
        var error = DatasetInspector.Inspect(Golden.File("corrupt", file)).Errors.ShouldHaveSingleItem();
        error.Row.ShouldNotBeNull();
        error.Field.ShouldBe(field);
    }

    [Fact]
    public void Training_may_keep_relations_to_missing_objects()
    {
        var path = Golden.File("corrupt", "relation_to_missing_object.parquet");
        using var strict = ParquetDataset.Open(path);
        using var lenient = ParquetDataset.Open(path, dangling: DanglingRelations.Keep);
        Should.Throw<DatasetException>(() => strict[1]).Row.ShouldBe(1);
        strict[0].ImageId.ShouldBe(lenient[0].ImageId);
        lenient.Select(example => example.ImageId).ToList().Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("hf/vg150_train_sgg_prompt", "parquet", "train:12")]
    [InlineData("hf/psg_test_sg", "parquet", "train:8")]
    [InlineData("psg", "psg-json", "train:6 test:3")]
    [InlineData("vg/VG-SGG-with-attri.h5", "vg-h5", "train:9 val:4 test:5")]
    public void Good_data_sets_are_counted_and_hashed(string path, string format, string rows)
    {
        var options = new InspectionOptions(DecodeImages: true, Reading: new DatasetOptions(VisualGenome: new() { ValidationImages = 4 }));
        var report = DatasetInspector.Inspect(Golden.File(path.Split('/')), options);
        report.Errors.ShouldBeEmpty();
        report.Warnings.ShouldBeEmpty();
        report.Format.ShouldBe(format);
        string.Join(' ', report.Splits.Select(split => $"{split.Name}:{split.Rows}")).ShouldBe(rows);
        report.Splits.ShouldAllBe(split => split.Objects > 0 && split.Predicates > 0);
        DatasetInspector.Inspect(Golden.File(path.Split('/')), options with { DecodeImages = false }).ContentHash.ShouldBe(report.ContentHash);
    }

    [Fact]
    public void The_content_hash_does_not_depend_on_shards_but_on_content_and_order()
    {
        var scenes = Enumerable.Range(0, 230).Select(index => SyntheticScenes.Scene(1, index)).ToList();
        var hash = Hash("a", scenes, 1);
        Hash("b", scenes, 4).ShouldBe(hash);
        Hash("c", [scenes[1], scenes[0], .. scenes.Skip(2)], 1).ShouldNotBe(hash);
        Hash("d", [.. scenes.Skip(1), SyntheticScenes.Scene(2, 0)], 1).ShouldNotBe(hash);
        Hash("e", [scenes[0] with { PromptClose = "other" }, .. scenes.Skip(1)], 1).ShouldNotBe(hash);
    }

    [Fact]
    public void Files_named_after_splits_are_splits()
    {
        SyntheticScenes.Write(_folder["scenes"], 3, seed: 1);
        var shard = Path.Combine(_folder["scenes"], "data", "train-00000-of-00001.parquet");
        Directory.CreateDirectory(_folder["plain"]);
        foreach (var name in new[] { "train", "test" }) File.Copy(shard, Path.Combine(_folder["plain"], name + ".parquet"));
        DatasetInspector.Inspect(_folder["plain"]).Splits.Select(split => split.Name).ShouldBe(["test", "train"]);
        Should.Throw<DatasetException>(() => ParquetDataset.Open(_folder["plain"])).Message.ShouldContain("test, train");
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        SyntheticScenes.Write(_folder["scenes"], 30, seed: 1, shards: 3);
        File.Delete(Path.Combine(_folder["scenes"], "data", "train-00001-of-00003.parquet"));
        DatasetInspector.Inspect(_folder["scenes"]).Errors.ShouldHaveSingleItem().Message.ShouldContain("shard 00001 of 00003");
    }

    [Fact]
    public void A_readme_that_states_another_number_of_rows_is_a_warning()
    {
        SyntheticScenes.Write(_folder["scenes"], 30, seed: 1);
        var readme = Path.Combine(_folder["scenes"], "README.md");
        File.WriteAllText(readme, File.ReadAllText(readme).Replace("num_examples: 30", "num_examples: 31", StringComparison.Ordinal));
        var report = DatasetInspector.Inspect(_folder["scenes"]);
        report.Errors.ShouldBeEmpty();
        report.Warnings.ShouldHaveSingleItem().Message.ShouldContain("31");
    }

    [Fact]
    public void A_path_with_nothing_there_is_an_error() =>
        Should.Throw<DatasetException>(() => DatasetInspector.Inspect(_folder["nowhere"])).Message.ShouldContain("no such file or folder");

    private string? Hash(string name, List<SceneGraphExample> scenes, int shards)
    {
        HubWriter.Write(_folder[name], scenes, scenes.Count, "scenes", prompts: true, shards);
        return DatasetInspector.Inspect(_folder[name]).ContentHash.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("vg/VG-SGG-with-attri.h5", "val", "train, val, test")]
    [InlineData("psg/psg.json", "test", "train, test")]
    [InlineData("hf/psg_test_sg", "train", "train")]
    public void One_split_is_looked_at_alone_and_one_that_is_not_there_refused(string path, string split, string all)
    {
        path = Golden.File(path.Split('/'));
        var reading = new DatasetOptions(VisualGenome: new() { ValidationImages = 4 });
        var whole = DatasetInspector.Inspect(path, new InspectionOptions(Reading: reading)).Splits.Single(one => one.Name == split);
        DatasetInspector.Inspect(path, new InspectionOptions(Reading: reading, Split: split)).Splits.ShouldHaveSingleItem().ShouldBe(whole);
        Should.Throw<DatasetException>(() => DatasetInspector.Inspect(path, new InspectionOptions(Reading: reading, Split: "zzz"))).Message.ShouldEndWith($"has no split 'zzz'; it has {all}");
    }

    [Fact]
    public void A_broken_image_of_another_split_is_no_error_of_this_one()
    {
        var path = Golden.File("corrupt", "zero_width_box.h5");
        var error = DatasetInspector.Inspect(path).Errors.ShouldHaveSingleItem();
        string[] splits = ["train", "val", "test"];
        var errors = splits.Select(split => DatasetInspector.Inspect(path, new InspectionOptions(Split: split)).Errors).ToList();
        errors.Where(some => some.Count > 0).ShouldHaveSingleItem().ShouldBe([error]);
    }

    public void Dispose() => _folder.Dispose();
}
