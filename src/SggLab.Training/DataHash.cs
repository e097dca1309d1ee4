using SggLab.Contracts;
using SggLab.Datasets;
using SggLab.Training.Checkpoints;

namespace SggLab.Training;

/// <summary>Names a split by its bytes.</summary>
internal static class DataHash
{
    /// <summary>SHA-256 over the hashes of the split's files, in the order of their names.</summary>
    public static string Of(ParquetDataset data) =>
        ContentHash.OfJson(data.Split.Files.Order(StringComparer.Ordinal).Select(file => CheckpointFolder.Blob(Path.GetFileName(file), file)).ToArray());
}
