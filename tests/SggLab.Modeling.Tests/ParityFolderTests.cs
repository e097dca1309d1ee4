using SggLab.Contracts;

namespace SggLab.Modeling.Tests;

public sealed class ParityFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-parity-test-").FullName;

    [Fact]
    public void An_unknown_file_stops_the_comparison()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "positions"));
        File.WriteAllText(Path.Combine(_folder, "positions", "more.jsonl"), "{}");

        Should.Throw<LabException>(() => ParityFolder.Check(_folder).ToList()).Message.ShouldContain("more.jsonl is not a file that parity knows");
    }

    [Fact]
    public void A_wrong_number_is_found()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "positions"));
        var line = File.ReadLines(Path.Combine(Golden.Model("positions"), "rope_index.jsonl")).First();
        File.WriteAllText(Path.Combine(_folder, "positions", "rope_index.jsonl"), line.Replace("[[[0, 1, 2, 3, 4, 5,", "[[[0, 1, 2, 3, 4, 6,", StringComparison.Ordinal) + "\n");

        var item = ParityFolder.Check(_folder).ShouldHaveSingleItem();

        item.Ok.ShouldBeFalse();
        item.MaxAbsError.ShouldBe(1);
    }

    [Fact]
    public void A_folder_of_the_same_weights_under_newer_names_is_compared_with_its_sibling() =>
        ParityFolder.Check(Golden.Model("qwen2-vl-tiny-nested")).ShouldAllBe(i => i.Ok);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
