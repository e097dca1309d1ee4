using System.Globalization;
using SggLab.Datasets.Parquet;

namespace SggLab.Datasets;

/// <summary>Writes examples as a hub folder: README.md with dataset_info, and data/train-0000i-of-0000n.parquet.</summary>
public static class HubWriter
{
    /// <param name="folder">Made if missing. Nothing in it has its final name before everything is written.</param>
    /// <param name="count">Number of examples, from which the cuts between shards follow.</param>
    /// <param name="shards">At least 1.</param>
    /// <param name="about">A sentence for the README.</param>
    /// <param name="replace">Whether a data set that the folder holds is replaced rather than refused; it goes only once the new one is whole.</param>
    /// <exception cref="DatasetException">The folder cannot be written, or holds a data set already.</exception>
    public static void Write(string folder, IEnumerable<SceneGraphExample> examples, long count, string about, bool prompts, int shards = 1, string split = "train", bool replace = false, Action<long>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        if (!replace) MustBeFree(folder);
        var (data, part) = (Path.Combine(folder, "data"), Path.Combine(folder, "data.part"));
        var names = Enumerable.Range(0, shards).Select(i => string.Create(CultureInfo.InvariantCulture, $"{split}-{i:D5}-of-{shards:D5}.parquet")).ToList();
        try
        {
            Directory.CreateDirectory(folder);
            using var alone = Alone(folder);
            if (Directory.Exists(part)) Directory.Delete(part, recursive: true);
            Directory.CreateDirectory(part);
            try
            {
                var readme = WriteShards(part, names, examples, count, about, prompts, split, progress);
                foreach (var old in HubFolder.ParquetFilesOf(folder).ToList()) File.Delete(old);
                if (Directory.Exists(data)) names.ForEach(name => File.Move(Path.Combine(part, name), Path.Combine(data, name)));
                else Directory.Move(part, data);
                File.WriteAllText(Path.Combine(folder, "README.md"), readme);
            }
            finally
            {
                if (Directory.Exists(part)) Directory.Delete(part, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(folder, null, null, $"cannot be written ({e.Message}); check space and permissions", e);
        }
    }

    /// <summary>Whether a folder may be written without losing anything.</summary>
    /// <exception cref="DatasetException">It holds a data set, or a README.md.</exception>
    public static void MustBeFree(string folder)
    {
        if (File.Exists(folder)) throw new DatasetException(folder, null, null, "is a file; give the path of a folder");
        if (!Directory.Exists(folder)) return;
        var readme = Path.Combine(folder, "README.md");
        var taken = HubFolder.ParquetFilesOf(folder).Order(StringComparer.Ordinal).FirstOrDefault() ?? (File.Exists(readme) ? readme : null);
        if (taken is not null)
            throw new DatasetException(folder, null, null, $"already holds {Path.GetFileName(taken)}; choose an empty folder, or replace what is there (--force)");
    }

    // Held while writing: two writers of one folder would take each other's half shards for their own.
    private static FileStream Alone(string folder)
    {
        var path = Path.Combine(folder, ".writing");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new DatasetException(folder, null, null, "is being written by another command; wait for it, or choose another folder", e);
        }
    }

    /// <returns>The text of the README.</returns>
    private static string WriteShards(string folder, List<string> names, IEnumerable<SceneGraphExample> examples, long count, string about, bool prompts, string split, Action<long>? progress)
    {
        long rows = 0, valueBytes = 0, download = 0;
        using var next = examples.GetEnumerator();
        for (var shard = 0; shard < names.Count; shard++)
        {
            var path = Path.Combine(folder, names[shard]);
            var end = count * (shard + 1) / names.Count;
            using (var writer = new SceneGraphParquetWriter(path, prompts))
            {
                for (; (rows < end || shard == names.Count - 1) && next.MoveNext(); rows++)
                {
                    writer.Write(next.Current);
                    progress?.Invoke(rows + 1);
                }
                writer.Finish();
                valueBytes += writer.ValueBytes;
            }
            download += new FileInfo(path).Length;
        }
        return SceneGraphFeatures.Readme(prompts, split, valueBytes, rows, download, about);
    }
}
