using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Worker.Blobs;
using SggLab.Worker.Tests.Client;
using static SggLab.Worker.Tests.Client.ScriptedServer;

namespace SggLab.Worker.Tests.Blobs;

public sealed class BlobCacheTests : IDisposable
{
    private static readonly string Hash = ContentHash.OfBytes("weights"u8);
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-cache-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_fetched_once_and_again_when_the_copy_has_been_damaged()
    {
        await using var server = await StartAsync(Bytes("weights"u8.ToArray()));
        using var client = new LabClient(server.Url, "t");
        var cache = new BlobCache(Path.Combine(_folder, "cache"), 1 << 20);

        await cache.LayOutAsync(client, Checkpoint("model/weights.bin"), Path.Combine(_folder, "a"), Stop);
        await cache.LayOutAsync(client, Checkpoint("model/weights.bin"), Path.Combine(_folder, "b"), Stop);
        server.Requests.Count.ShouldBe(1);

        await File.WriteAllTextAsync(Path.Combine(_folder, "a", "model", "weights.bin"), "wrong!!", Stop);
        await cache.LayOutAsync(client, Checkpoint("model/weights.bin"), Path.Combine(_folder, "c"), Stop);
        server.Requests.Count.ShouldBe(2);
        (await File.ReadAllTextAsync(Path.Combine(_folder, "c", "model", "weights.bin"), Stop)).ShouldBe("weights");
    }

    [Fact]
    public async Task A_manifest_cannot_reach_outside_its_folder()
    {
        await using var server = await StartAsync(Bytes("weights"u8.ToArray()));
        using var client = new LabClient(server.Url, "t");

        var error = await Should.ThrowAsync<LabException>(() => new BlobCache(Path.Combine(_folder, "cache"), 1 << 20).LayOutAsync(client, Checkpoint("../../evil"), Path.Combine(_folder, "a"), Stop));

        error.Message.ShouldContain("outside its folder");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void The_files_used_longest_ago_go_first()
    {
        var cache = new BlobCache(Path.Combine(_folder, "cache"), 25);
        for (var i = 0; i < 4; i++)
        {
            var file = Path.Combine(_folder, $"file-{i}");
            File.WriteAllText(file, new string('x', 10));
            cache.Adopt(file, $"{i}");
            File.SetLastWriteTimeUtc(Path.Combine(_folder, "cache", $"{i}"), DateTime.UnixEpoch.AddDays(i));
        }
        cache.Trim();

        Directory.GetFiles(Path.Combine(_folder, "cache")).Select(Path.GetFileName).Order().ShouldBe(["2", "3"]);
    }

    private static CheckpointFiles Checkpoint(string path) => new("id", 1, [new BlobFile(path, Hash, 7)]);
}
