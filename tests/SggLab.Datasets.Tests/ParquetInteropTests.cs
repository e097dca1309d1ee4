using Parquet;
using Parquet.Serialization;
using SggLab.Datasets.Inspection;
using SggLab.Datasets.Synthetic;

namespace SggLab.Datasets.Tests;

/// <summary>Our reader and writer against Parquet.Net's.</summary>
public sealed class ParquetInteropTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(CompressionMethod.None, 7)]
    [InlineData(CompressionMethod.Snappy, 100)]
    [InlineData(CompressionMethod.Gzip, 33)]
    [InlineData(CompressionMethod.Brotli, 33)]
    [InlineData(CompressionMethod.Zstd, 33)]
    [InlineData(CompressionMethod.Lz4Raw, 33)]
    public async Task We_read_what_parquet_net_writes(CompressionMethod compression, int rowsPerGroup)
    {
        var scenes = Enumerable.Range(0, 60).Select(index => SyntheticScenes.Scene(1, index)).ToList();
        var path = _folder["file.parquet"];
        await using (var file = File.Create(path))
            await ParquetSerializer.SerializeAsync(scenes.Select(Row.Of), file, new ParquetOptions { CompressionMethod = compression, RowGroupSize = rowsPerGroup }, cancellationToken: TestContext.Current.CancellationToken);
        using var dataset = ParquetDataset.Open(path);
        dataset.Count.ShouldBe(60);
        dataset.Select(PythonText).ShouldBe(scenes.Select(PythonText));
        dataset[41].Image.Bytes.ToArray().ShouldBe(scenes[41].Image.Bytes.ToArray());

        HubWriter.Write(_folder["ours"], scenes, scenes.Count, "scenes", prompts: true, shards: 2);
        DatasetInspector.Inspect(path).ContentHash.ShouldBe(DatasetInspector.Inspect(_folder["ours"]).ContentHash);
    }

    [Fact]
    public async Task Parquet_net_reads_what_we_write()
    {
        var scenes = Enumerable.Range(0, 250).Select(index => SyntheticScenes.Scene(1, index) with { PromptOpen = index % 3 == 0 ? null : "open" }).ToList();
        HubWriter.Write(_folder["ours"], scenes, scenes.Count, "scenes", prompts: true);
        var file = Path.Combine(_folder["ours"], "data", "train-00000-of-00001.parquet");
        var rows = await ParquetSerializer.DeserializeAsync<Row>(file, cancellationToken: TestContext.Current.CancellationToken);
        var read = rows.Data ?? throw new InvalidOperationException("no rows");
        read.Select(row => row.image_id).ShouldBe(scenes.Select(scene => scene.ImageId));
        read.Select(row => row.prompt_open).ShouldBe(scenes.Select(scene => scene.PromptOpen));
        read.Select(row => row.objects).ShouldBe(scenes.Select(scene => PythonDumps.Objects(scene.Objects)));
        read.Select(row => row.image!.path).ShouldBe(scenes.Select(scene => scene.Image.Path));
        read[249].image!.bytes.ShouldBe(scenes[249].Image.Bytes.ToArray());
    }

    public void Dispose() => _folder.Dispose();

    private static string PythonText(SceneGraphExample example) =>
        $"{example.ImageId} {example.PromptOpen} {example.PromptClose} {PythonDumps.Objects(example.Objects)} {PythonDumps.Relationships(example.Relationships)}";

#pragma warning disable IDE1006 // The members are the columns.
    private sealed class Row
    {
        public string? image_id { get; set; }
        public Picture? image { get; set; }
        public string? prompt_open { get; set; }
        public string? prompt_close { get; set; }
        public string? objects { get; set; }
        public string? relationships { get; set; }

        public static Row Of(SceneGraphExample example) => new()
        {
            image_id = example.ImageId,
            image = new Picture { bytes = example.Image.Bytes.ToArray(), path = example.Image.Path },
            prompt_open = example.PromptOpen,
            prompt_close = example.PromptClose,
            objects = PythonDumps.Objects(example.Objects),
            relationships = PythonDumps.Relationships(example.Relationships),
        };
    }

    private sealed class Picture
    {
        public byte[]? bytes { get; set; }
        public string? path { get; set; }
    }
#pragma warning restore IDE1006
}
