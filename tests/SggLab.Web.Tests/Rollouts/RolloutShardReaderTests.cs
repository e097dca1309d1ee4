using Parquet;
using Parquet.Schema;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Web.Rollouts;

namespace SggLab.Web.Tests.Rollouts;

public sealed class RolloutShardReaderTests
{
    private static readonly (string Name, Array Values)[] s_columns =
    [
        ("step", new[] { 5, 5 }), ("image_id", new[] { "a", "a" }), ("group", new[] { 0, 0 }), ("sample", new[] { 0, 1 }), ("seed", new[] { 9_000_000_000L, 2L }), ("prompt", new[] { "say", "say" }),
        ("completion", new[] { "odd \0 ✓", "" }), ("format", new[] { 1.0, 0.0 }), ("edge_hard", new[] { 0.5, 0.0 }), ("reward", new[] { 1.5, 0.0 }), ("advantage", new[] { 0.7f, -0.7f }),
        ("tokens", new[] { 12, 80 }), ("finish", new[] { "stop", "length" }),
    ];

    [Fact]
    public async Task A_shard_gives_each_completion_with_its_rewards_by_name()
    {
        using var shard = await ShardAsync(s_columns);
        var rollouts = await RolloutShardReader.ReadAsync(shard, TestContext.Current.CancellationToken);
        rollouts.Count.ShouldBe(2);
        var first = rollouts[0];
        (first.Completion, first.Seed, first.Reward, first.Tokens, first.Finish).ShouldBe(("odd \0 ✓", 9_000_000_000L, 1.5, 12, "stop"));
        first.Parts.ShouldBe(new Dictionary<string, double> { ["format"] = 1, ["edge_hard"] = 0.5 }, ignoreOrder: true);
        rollouts[1].Advantage.ShouldBe(-0.7, 1e-6);
    }

    [Fact]
    public async Task A_shard_without_a_column_says_which()
    {
        using var shard = await ShardAsync([.. s_columns.Where(column => column.Name is not ("reward" or "seed"))]);
        (await Should.ThrowAsync<LabException>(() => RolloutShardReader.ReadAsync(shard, TestContext.Current.CancellationToken))).Message.ShouldContain("lacks the columns seed, reward");
    }

    [Fact]
    public async Task A_shard_that_is_gone_or_is_no_parquet_is_named()
    {
        var folder = Directory.CreateTempSubdirectory("sgglab-shards-");
        try
        {
            var reader = new RolloutShardReader(new Tracking.Blobs.BlobStore(null!, folder.FullName));
            var file = new BlobFile("rollouts-5.parquet", new string('a', 64), 3);
            (await Should.ThrowAsync<LabException>(() => reader.ReadAsync(file, TestContext.Current.CancellationToken))).Message.ShouldContain("is not in the blob store");
            (await Should.ThrowAsync<LabException>(() => reader.ReadAsync(file with { Sha256 = "../../etc/passwd" }, TestContext.Current.CancellationToken))).Message.ShouldContain("is not in the blob store");
            Directory.CreateDirectory(Path.Combine(folder.FullName, "aa"));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "aa", file.Sha256), "no parquet", TestContext.Current.CancellationToken);
            (await Should.ThrowAsync<LabException>(() => reader.ReadAsync(file, TestContext.Current.CancellationToken))).Message.ShouldStartWith("The shard rollouts-5.parquet cannot be read as parquet");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<MemoryStream> ShardAsync((string Name, Array Values)[] columns)
    {
        var stream = new MemoryStream();
        var fields = columns.Select(column => new DataField(column.Name, column.Values.GetType().GetElementType()!, isNullable: false)).ToArray();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream))
        {
            using var group = writer.CreateRowGroup();
            for (var i = 0; i < columns.Length; i++)
            {
                await (columns[i].Values switch
                {
                    string[] texts => group.WriteAsync(fields[i], texts),
                    int[] values => group.WriteAsync<int>(fields[i], values.AsMemory()),
                    long[] values => group.WriteAsync<long>(fields[i], values.AsMemory()),
                    float[] values => group.WriteAsync<float>(fields[i], values.AsMemory()),
                    var values => group.WriteAsync<double>(fields[i], ((double[])values).AsMemory()),
                });
            }
        }
        stream.Position = 0;
        return stream;
    }
}
