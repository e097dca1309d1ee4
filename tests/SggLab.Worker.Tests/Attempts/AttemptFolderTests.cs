using SggLab.Worker.Attempts;

namespace SggLab.Worker.Tests.Attempts;

/// <summary>What a start finds on disk: nothing that was recorded may be lost.</summary>
public sealed class AttemptFolderTests : IDisposable
{
    private static readonly AttemptIdentity Identity = new("run1", 2, 17, 60, "h");
    private readonly string _state = Directory.CreateTempSubdirectory("sgglab-attempts-").FullName;

    private string Attempts => Directory.CreateDirectory(Path.Combine(_state, "attempts")).FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public void A_folder_that_another_release_made_is_opened()
    {
        var path = Create();
        File.WriteAllText(Path.Combine(path, "attempt.json"), """{"runId":"run1","attempt":2,"fence":17,"ttlSeconds":60,"specHash":"h","colour":"red"}""");

        using var opened = AttemptFolder.Open(path).ShouldNotBeNull();

        opened.Identity.ShouldBe(Identity);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"runId\":\"ru")]
    [InlineData("null")]
    [InlineData("{}")]
    public void A_folder_whose_identity_cannot_be_read_is_never_taken_for_an_unfinished_one(string content)
    {
        var path = Create();
        File.WriteAllText(Path.Combine(path, "attempt.json"), content);

        Should.Throw<IOException>(() => AttemptFolder.Open(path)).Message.ShouldContain("attempt.json");

        Directory.Exists(AttemptFolder.MoveAside(path)).ShouldBeTrue();
    }

    [Fact]
    public void Records_without_an_identity_are_never_taken_for_nothing()
    {
        var path = Create();
        File.Delete(Path.Combine(path, "attempt.json"));
        var journal = Directory.CreateDirectory(Path.Combine(path, "journal")).FullName;
        File.WriteAllText(Path.Combine(journal, "1.journal"), "a record\n");

        Should.Throw<IOException>(() => AttemptFolder.Open(path));
    }

    [Fact]
    public void A_folder_that_was_never_finished_holds_nothing()
    {
        var path = Directory.CreateDirectory(Path.Combine(Attempts, "run1-2", "work")).Parent!.FullName;

        AttemptFolder.Open(path).ShouldBeNull();
    }

    private string Create()
    {
        using var made = AttemptFolder.Create(Attempts, Identity);
        return made.Path;
    }
}
