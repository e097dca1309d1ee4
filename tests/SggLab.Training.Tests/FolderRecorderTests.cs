using SggLab.Contracts;

namespace SggLab.Training.Tests;

public sealed class FolderRecorderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sgglab-recorder-").FullName;

    [Fact]
    public void Two_runs_never_write_in_one_folder()
    {
        var file = Path.Combine(_folder, FolderRecorder.FileName);
        using (new FolderRecorder(file))
            Should.Throw<LabException>(() => new FolderRecorder(file)).Message.ShouldBe($"Another process is writing in {_folder}. Wait until it has ended, or give another place with --out.");

        using (new FolderRecorder(file))
            File.Exists(file).ShouldBeTrue();
        Directory.GetFiles(_folder).ShouldBe([file]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
