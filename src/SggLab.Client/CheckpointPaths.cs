using SggLab.Contracts;
using SggLab.Contracts.Records;

namespace SggLab.Client;

/// <summary>Where a checkpoint's files go on this machine.</summary>
public static class CheckpointPaths
{
    /// <summary>The file's place below the folder. A manifest comes over the network: it must not reach outside.</summary>
    /// <exception cref="LabException">The path leads out of the folder.</exception>
    public static string Inside(string folder, string checkpoint, BlobFile file)
    {
        var root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(Path.Combine(root, file.Path));
        return path.StartsWith(root, StringComparison.Ordinal) ? path
            : throw new LabException($"Checkpoint {checkpoint} names the file {file.Path}, which lies outside its folder. Its manifest is not to be trusted.");
    }
}
