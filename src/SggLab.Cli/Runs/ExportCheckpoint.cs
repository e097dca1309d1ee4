using System.CommandLine;
using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;

namespace SggLab.Cli.Runs;

/// <summary>`checkpoint export ID DIR`: the checkpoint as a Hugging Face folder, with its chain beside it.</summary>
internal static class ExportCheckpoint
{
    public static Command Create()
    {
        var id = new Argument<string>("ID") { Description = "Id of a checkpoint." };
        var folder = new Argument<string>("DIR") { Description = "Folder to make; it must not exist yet or be empty." };
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("export", "Write a checkpoint to a folder in the Hugging Face layout, verified, with checkpoint.json for `checkpoint verify`.")
        {
            Arguments = { id, folder },
            Options = { json },
            Examples = ["./sgglab checkpoint export 3f2a91c07b5d4e88 my-model"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var target = Path.GetFullPath(parsed.GetRequiredValue(folder));
            if (File.Exists(target) || Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
                throw new LabException($"{target} exists and is not an empty folder. Name another one, so that nothing is overwritten.");
            using var client = site.Connect(parsed);
            var lineage = await client.LineageAsync(parsed.GetRequiredValue(id), stop);
            await WriteAsync(client, lineage, target, stop);
            if (parsed.GetValue(json)) Report.Json(new { checkpoint = lineage.Checkpoint.Id, folder = target, files = lineage.Checkpoint.Files });
            else Console.Out.WriteLine($"{lineage.Checkpoint.Id} ({lineage.Checkpoint.Run}, step {lineage.Checkpoint.Step}): {lineage.Checkpoint.Files.Count} files in {target}");
            return 0;
        });
        return command;
    }

    /// <summary>The folder appears whole or not at all.</summary>
    private static async Task WriteAsync(LabClient client, CheckpointLineage lineage, string target, CancellationToken stop)
    {
        var part = $"{target}.partial-{Guid.NewGuid():n}";
        try
        {
            Directory.CreateDirectory(part);
            foreach (var file in lineage.Checkpoint.Files)
            {
                var path = CheckpointPaths.Inside(part, lineage.Checkpoint.Id, file);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await client.DownloadBlobAsync(file.Sha256, path, stop);
            }
            CheckpointChain.Of(lineage).Write(part);
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(part, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The checkpoint cannot be written to {target}: {e.Message}", inner: e);
        }
        finally
        {
            if (Directory.Exists(part)) Directory.Delete(part, recursive: true);
        }
    }
}
