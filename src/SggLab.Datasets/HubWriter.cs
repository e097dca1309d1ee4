using System.Globalization;
using SggLab.Datasets.Parquet;

namespace SggLab.Datasets;

/// <summary>Writes examples as a hub folder: README.md with dataset_info, and data/train-0000i-of-0000n.parquet.</summary>
public static class HubWriter
{
    /// <param name="folder">Made if missing; files of an earlier run with other shards are refused rather than mixed.</param>
    /// <param name="count">Number of examples, from which the cuts between shards follow.</param>
    /// <param name="shards">At least 1.</param>
    /// <param name="about">A sentence for the README.</param>
    /// <exception cref="DatasetException">The folder cannot be written, or holds other parquet files.</exception>
    public static void Write(string folder, IEnumerable<SceneGraphExample> examples, long count, string about, bool prompts, int shards = 1, string split = "train", Action<long>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        var data = Path.Combine(folder, "data");
        var names = Enumerable.Range(0, shards).Select(i => string.Create(CultureInfo.InvariantCulture, $"{split}-{i:D5}-of-{shards:D5}.parquet")).ToList();
        try
        {
            Directory.CreateDirectory(data);
            if (Directory.EnumerateFiles(data, "*.parquet").FirstOrDefault(file => !names.Contains(Path.GetFileName(file))) is { } other)
                throw new DatasetException(folder, null, null, $"already holds {Path.GetFileName(other)} of another data set or another number of shards; choose an empty folder");
            WriteShards(folder, data, names, examples, count, about, prompts, split, progress);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(folder, null, null, $"cannot be written ({e.Message}); check space and permissions", e);
        }
    }

    private static void WriteShards(string folder, string data, List<string> names, IEnumerable<SceneGraphExample> examples, long count, string about, bool prompts, string split, Action<long>? progress)
    {
        long rows = 0, valueBytes = 0, download = 0;
        using var next = examples.GetEnumerator();
        for (var shard = 0; shard < names.Count; shard++)
        {
            // Written beside and renamed, so that a reader never meets half a shard.
            var path = Path.Combine(data, names[shard]);
            var end = count * (shard + 1) / names.Count;
            try
            {
                using var writer = new SceneGraphParquetWriter(path + ".part", prompts);
                for (; (rows < end || shard == names.Count - 1) && next.MoveNext(); rows++)
                {
                    writer.Write(next.Current);
                    progress?.Invoke(rows + 1);
                }
                writer.Finish();
                valueBytes += writer.ValueBytes;
            }
            catch
            {
                File.Delete(path + ".part");
                throw;
            }
            File.Move(path + ".part", path, overwrite: true);
            download += new FileInfo(path).Length;
        }
        File.WriteAllText(Path.Combine(folder, "README.md"), SceneGraphFeatures.Readme(prompts, split, valueBytes, rows, download, about));
    }
}
