using SggLab.Datasets.Inspection;

namespace SggLab.Datasets.Tests;

public sealed class DamagedFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("ok.parquet")]
    [InlineData("ok.h5")]
    [InlineData("ok.psg.json")]
    public void Whatever_bytes_change_inspection_ends_with_a_report(string file)
    {
        var whole = File.ReadAllBytes(Golden.File("corrupt", file));
        var random = new StableRandom(5);
        var path = _folder[file];
        for (var round = 0; round < 250; round++)
        {
            var bytes = whole.ToArray();
            for (var change = random.Below(6); change >= 0; change--) bytes[random.Below(bytes.Length)] = (byte)random.Next();
            if (random.Below(5) == 0) bytes = bytes[..random.Below(bytes.Length)];
            File.WriteAllBytes(path, bytes);
            var report = DatasetInspector.Inspect(path);
            (report.ContentHash is null).ShouldBe(report.Errors.Count > 0);
        }
    }

    public void Dispose() => _folder.Dispose();
}
