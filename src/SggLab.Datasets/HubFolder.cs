using System.Text.RegularExpressions;

namespace SggLab.Datasets;

/// <summary>A split's parquet files in reading order.</summary>
public sealed record DatasetSplit(string Name, IReadOnlyList<string> Files);

/// <summary>
/// Finds the parquet files behind a path: a hub folder (README.md with dataset_info, data/train-00000-of-00002.parquet),
/// a folder of parquet files, or one file. The split is what stands before the shard number, or the whole name of train.parquet and the like; else it is "train".
/// </summary>
public static partial class HubFolder
{
    // Files named so are splits of their own.
    private static readonly string[] PlainNames = ["train", "validation", "val", "test"];

    /// <exception cref="DatasetException">Nothing there, or a shard is missing.</exception>
    public static IReadOnlyList<DatasetSplit> Find(string path)
    {
        if (File.Exists(path)) return [new DatasetSplit(SplitOf(path), [path])];
        if (!Directory.Exists(path)) throw new DatasetException(path, null, null, "there is no such file or folder; give a parquet file, a folder of them or a data set's hub folder");
        var files = ParquetFilesOf(path).ToList();
        if (files.Count == 0) throw new DatasetException(path, null, null, $"the folder holds no parquet file, neither itself nor in data/; {Below(path) ?? "expected data/train-00000-of-00001.parquet or the like"}");
        var splits = files.GroupBy(SplitOf, StringComparer.Ordinal)
            .Select(group => new DatasetSplit(group.Key, [.. group.Order(StringComparer.Ordinal)]))
            .OrderBy(split => split.Name, StringComparer.Ordinal)
            .ToList();
        foreach (var split in splits) CheckShards(split);
        return splits;
    }

    /// <summary>One split of those at a path.</summary>
    /// <param name="name">Null where the data set has only one.</param>
    public static DatasetSplit Find(string path, string? name)
    {
        var splits = Find(path);
        var names = string.Join(", ", splits.Select(split => split.Name));
        if (name is null) return splits.Count == 1 ? splits[0] : throw new DatasetException(path, null, null, $"holds the splits {names}; say which one is meant");
        return splits.FirstOrDefault(split => split.Name == name) ?? throw new DatasetException(path, null, null, $"has no split '{name}'; it has {names}");
    }

    /// <summary>Whether a folder holds parquet files, itself or in data/.</summary>
    public static bool HasParquet(string folder) => ParquetFilesOf(folder).Any();

    /// <summary>Says which folders right below one are data sets, as where each split has a folder of its own; null where none is.</summary>
    internal static string? Below(string folder)
    {
        var found = Directory.EnumerateDirectories(folder).Where(HasParquet).Order(StringComparer.Ordinal).ToList();
        return found.Count == 0 ? null : $"{string.Join(", ", found.Take(5))}{(found.Count > 5 ? ", …" : "")} below it {(found.Count == 1 ? "does: give that one" : "do: give one of them")}";
    }

    /// <summary>The parquet files of a folder that is there, its own and those in data/.</summary>
    internal static IEnumerable<string> ParquetFilesOf(string folder)
    {
        var data = Path.Combine(folder, "data");
        return Directory.EnumerateFiles(folder, "*.parquet").Concat(Directory.Exists(data) ? Directory.EnumerateFiles(data, "*.parquet") : []);
    }

    private static string SplitOf(string file)
    {
        if (ShardName().Match(Path.GetFileName(file)) is { Success: true } match) return match.Groups["split"].Value;
        var name = Path.GetFileNameWithoutExtension(file);
        return PlainNames.Contains(name) ? name : "train";
    }

    private static void CheckShards(DatasetSplit split)
    {
        foreach (var set in split.Files.GroupBy(file => (Path.GetDirectoryName(file), ShardName().Match(Path.GetFileName(file)).Groups["count"].Value)))
        {
            if (!int.TryParse(set.Key.Value, out var count)) continue;
            var present = set.Select(file => int.Parse(ShardName().Match(Path.GetFileName(file)).Groups["index"].Value, System.Globalization.CultureInfo.InvariantCulture)).ToHashSet();
            for (var index = 0; index < count; index++)
            {
                if (present.Contains(index)) continue;
                throw new DatasetException(set.First(), null, null, $"shard {index:D5} of {count:D5} is missing beside it ({present.Count} of {count} are there); download it, or open the files that you mean one by one");
            }
        }
    }

    [GeneratedRegex(@"^(?<split>.+?)-(?<index>\d{4,6})-of-(?<count>\d{4,6})(-[0-9a-f]+)?\.parquet$")]
    private static partial Regex ShardName();
}
