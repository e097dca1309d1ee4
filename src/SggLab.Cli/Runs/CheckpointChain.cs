using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;
using SggLab.Training.Checkpoints;

namespace SggLab.Cli.Runs;

/// <summary>A checkpoint and everything it grew from, newest first: what an export carries, in checkpoint.json, so that it can be verified offline.</summary>
internal sealed record CheckpointChain(IReadOnlyList<CheckpointRecord> Checkpoints)
{
    public const string FileName = "checkpoint.json";

    /// <summary>Follows the parents; a parent that the site does not know ends the chain, which <see cref="Check"/> reports.</summary>
    public static CheckpointChain Of(CheckpointLineage lineage)
    {
        var known = lineage.Ancestors.DistinctBy(a => a.Id).ToDictionary(a => a.Id);
        var chain = new List<CheckpointRecord> { Record(lineage.Checkpoint) };
        while (chain[^1].Parent is { } parent && known.Remove(parent, out var next)) chain.Add(Record(next));
        return new(chain);
    }

    /// <exception cref="LabException">The folder holds no readable checkpoint.json.</exception>
    public static CheckpointChain Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize<CheckpointChain>(File.ReadAllBytes(file), LabJson.Options) is { Checkpoints.Count: > 0 } chain ? chain
                : throw new LabException($"{file} names no checkpoint. Export it again with `./sgglab checkpoint export ID DIR`.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"{folder} is not an exported checkpoint: {e.Message} Make one with `./sgglab checkpoint export ID DIR`.", inner: e);
        }
        catch (JsonException e)
        {
            throw new LabException($"{file} is damaged: {e.Message} Export it again with `./sgglab checkpoint export ID DIR`.", inner: e);
        }
    }

    public void Write(string folder) => File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, LabJson.Indented));

    /// <summary>
    /// What is wrong with each link's statement: its id must be the hash of its manifest, and its parent must be the next link. A chain that was cut
    /// ends with a parent that no link describes.
    /// </summary>
    public IEnumerable<(CheckpointRecord Checkpoint, string? Problem)> Check()
    {
        for (var i = 0; i < Checkpoints.Count; i++)
        {
            var link = Checkpoints[i];
            var id = ContentHash.OfJson(new CheckpointManifest(link.Step, link.Kind, link.Parent, link.Files, link.SpecHash, link.DatasetHash, link.CodeVersion))[..16];
            var next = i + 1 < Checkpoints.Count ? Checkpoints[i + 1].Id : null;
            yield return (link, id != link.Id ? $"its manifest hashes to {id}: step, kind, parent, files or hashes were changed"
                : link.Parent != next ? link.Parent is { } parent ? $"its parent {parent} is not in the chain{(next is null ? "" : $", which goes on with {next}")}" : $"it claims no parent, yet the chain goes on with {next}"
                : null);
        }
    }

    private static CheckpointRecord Record(CheckpointNode c) => new(c.Id, c.Step, c.Kind, c.Parent, c.Files, c.SpecHash, c.DatasetHash, c.CodeVersion);
}
