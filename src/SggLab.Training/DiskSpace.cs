using SggLab.Contracts;
using SggLab.Modeling;
using SggLab.Training.Checkpoints;
using TorchSharp;

namespace SggLab.Training;

/// <summary>Room for checkpoints, looked at before a run and before each checkpoint: a disk that fills up in the night costs the night.</summary>
internal static class DiskSpace
{
    private const long Spare = 64L << 20;

    /// <summary>Bytes of a checkpoint: the weights, and for a full one two f32 moments, and masters where the weights are not f32.</summary>
    public static long OfCheckpoint(Qwen2VLModel model, string kind)
    {
        var bytes = model.Weights.Type == torch.ScalarType.Float32 ? 4 : 2;
        var optimizer = kind == CheckpointKinds.Full ? 8 + (bytes == 4 ? 0 : 4) : 0;
        return model.Weights.Count * (bytes + optimizer) + model.Folder.Files.Values.Sum(file => (long)file.Length);
    }

    /// <exception cref="LabException">The disk under <paramref name="folder"/> has less room.</exception>
    public static void Require(string folder, long bytes)
    {
        var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (free < bytes + Spare)
            throw new LabException($"{folder} has {free / 1e9:F1} GB left; the next checkpoint needs {bytes / 1e9:F1} GB. Free some room, or lower checkpoints.keep.", exitCode: 3);
    }
}
