using SggLab.Training.Checkpoints;

namespace SggLab.Training.Tests.Checkpoints;

public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();
    public void Dispose() => _folder.Dispose();

    private void Write(int step, int bytes) =>
        CheckpointFolder.Write(CheckpointFolder.Name(_folder.Path, step), to => File.WriteAllBytes(Path.Combine(to, "weights"), new byte[bytes]));

    private string[] Names => [.. Directory.GetDirectories(_folder.Path).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Fact]
    public void Retention_counts_checkpoints_and_their_bytes()
    {
        for (var step = 1; step <= 4; step++)
            Write(step, 100);
        CheckpointFolder.Retain(CheckpointFolder.Name(_folder.Path, 4), 3);
        Names.ShouldBe(["step-00000002", "step-00000003", "step-00000004"]);
        CheckpointFolder.Retain(CheckpointFolder.Name(_folder.Path, 4), 3, keepBytes: 250);
        Names.ShouldBe(["step-00000003", "step-00000004"]);
        CheckpointFolder.Retain(CheckpointFolder.Name(_folder.Path, 4), 3, keepBytes: 1);
        Names.ShouldBe(["step-00000004"], "the newest stays");
    }

    [Fact]
    public void The_checkpoint_just_written_stays_though_others_have_higher_steps()
    {
        foreach (var step in new[] { 3, 4, 1 })
            Write(step, 100);
        CheckpointFolder.Retain(CheckpointFolder.Name(_folder.Path, 1), 2);
        Names.ShouldBe(["step-00000001", "step-00000004"]);
        CheckpointFolder.Retain(CheckpointFolder.Name(_folder.Path, 1), 2, keepBytes: 1);
        Names.ShouldBe(["step-00000001"]);
    }

    [Fact]
    public void A_checkpoint_that_fails_while_it_is_written_gives_its_room_back()
    {
        Write(1, 10);
        Should.Throw<IOException>(() => CheckpointFolder.Write(CheckpointFolder.Name(_folder.Path, 2), to =>
        {
            File.WriteAllText(Path.Combine(to, "half"), "half");
            throw new IOException("the disk is full");
        })).Message.ShouldBe("the disk is full");
        Names.ShouldBe(["step-00000001"], "what was written is gone, and what was there before stays");
    }

    [Fact]
    public void What_a_killed_writer_left_is_cleared_by_the_next_writer_of_the_name()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "step-00000001.partial"));
        Write(1, 10);
        Names.ShouldBe(["step-00000001"]);
    }
}
