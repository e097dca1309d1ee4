using System.Text.Json;
using System.Text.Json.Nodes;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Training;
using SggLab.Training.Checkpoints;

namespace SggLab.Cli.Training;

/// <summary>The folder of a run without a server: begun only where no other run lies, gone on from only under the same settings.</summary>
internal static class RunFolder
{
    private const string SpecFile = "run.json";

    /// <summary>Makes the folder ready, and keeps the spec in it.</summary>
    /// <param name="warn">Told of what is damaged or not there, where the run goes on all the same.</param>
    /// <returns>The checkpoint to go on from; null for the start.</returns>
    /// <exception cref="LabException">Another run lies there, or there is no whole checkpoint of this one.</exception>
    public static LocalCheckpoint? Open(string folder, RunSpec spec, bool resume, Action<string> warn)
    {
        var records = Path.Combine(folder, FolderRecorder.FileName);
        var checkpoints = CheckpointFolder.Of(folder);
        var steps = FolderRecorder.Read<MetricsRecord>(records, RecordTypes.Metrics, resume ? _ => { } : warn).Count;
        // Where nothing was learnt (a setting was wrong), the folder is as good as new.
        var isUsed = checkpoints.Count > 0 || steps > 0;
        if (isUsed && !resume)
            throw new LabException($"{folder} holds a run already ({(checkpoints.Count > 0 ? Path.GetFileName(checkpoints[0]) : $"{steps} records of steps")}), and this one would overwrite it. "
                + "Give --resume to go on from its newest full checkpoint, or --out DIR for another folder.");
        var resumed = isUsed ? Resumed(folder, spec, checkpoints, warn) : null;
        if (resume && resumed is null)
            warn($"{folder} holds no checkpoint to go on from, so the run starts from the beginning.");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, SpecFile), JsonSerializer.Serialize(spec, LabJson.Indented) + "\n");
        return resumed;
    }

    private static LocalCheckpoint? Resumed(string folder, RunSpec spec, IReadOnlyList<string> checkpoints, Action<string> warn)
    {
        var specHash = ContentHash.Of(spec);
        var kept = Path.Combine(folder, SpecFile);
        var differences = Differences(kept, spec);
        if (differences.Count > 0)
            throw Other(string.Join("; ", differences));
        if (LocalCheckpoints.Newest(folder, specHash, warn) is { } newest)
            return newest;
        if (LocalCheckpoints.Saved(folder, _ => { }).FirstOrDefault(saved => saved.SpecHash != specHash) is { } other)
            throw Other($"its checkpoint of step {other.Step} is of spec {other.SpecHash}, this run is of spec {specHash}");
        return checkpoints.Count == 0 ? null
            : throw new LabException($"{folder} has no whole full checkpoint to go on from ({Path.GetFileName(checkpoints[0])} holds weights only, or is damaged). "
                + "Give --out DIR to train afresh in another folder.");

        LabException Other(string how) => new($"{folder} holds a run of other settings, so this one cannot go on from it: {how}. Put the settings back, or give --out DIR to train afresh in another folder.");
    }

    /// <summary>The settings of a kept spec that differ from this one's; none where it was not kept or cannot be read.</summary>
    private static List<string> Differences(string file, RunSpec spec)
    {
        try
        {
            var (before, now) = (Settings(JsonNode.Parse(File.ReadAllText(file))), Settings(JsonSerializer.SerializeToNode(spec, LabJson.Options)));
            return [.. before.Keys.Union(now.Keys).Order(StringComparer.Ordinal).Where(name => before.GetValueOrDefault(name) != now.GetValueOrDefault(name))
                .Select(name => $"{name} was {before.GetValueOrDefault(name) ?? "not set"}, is {now.GetValueOrDefault(name) ?? "not set"}")];
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return [];
        }
    }

    /// <summary>Values by path, as the run file names them (sft.learning_rate).</summary>
    private static Dictionary<string, string> Settings(JsonNode? spec)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("", spec);
        return found;

        void Add(string path, JsonNode? node)
        {
            if (node is JsonObject settings)
            {
                foreach (var (name, value) in settings)
                    Add((path.Length > 0 ? path + "." : "") + JsonNamingPolicy.SnakeCaseLower.ConvertName(name), value);
            }
            else if (node is not null)
                found[path] = node.ToJsonString();
        }
    }
}
