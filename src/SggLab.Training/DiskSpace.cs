using System.Globalization;
using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Checkpoints;
using TorchSharp;

namespace SggLab.Training;

/// <summary>Room for checkpoints, looked at before a run and before each checkpoint: a disk that fills up in the night costs the night.</summary>
internal static class DiskSpace
{
    private const long Spare = 64L << 20;

    /// <summary>Bytes of a checkpoint: the weights, and for a full one two f32 moments of what learns, masters where these are not f32, and the best weights so far.</summary>
    public static long OfCheckpoint(RunSession session, string kind)
    {
        var size = session.Size;
        var element = session.Precision == "float32" ? 4L : 2;
        var weights = size.Parameters * element + session.Model.Folder.Files.Values.Sum(file => (long)file.Length);
        var adapter = size.Adapted > 0 ? 4 * size.Trained : 0;
        if (kind != CheckpointKinds.Full)
            return weights + adapter;
        var masters = (size.Adapted == 0 && element < 4) || session.OptimizerOnHost ? 4 : 0;
        var best = session.Spec.Checkpoints.Choose == "best" ? weights : 0;
        return weights + adapter + size.Trained * (8 + masters) + best;
    }

    /// <summary>Before the first step: room for every checkpoint that will lie here at once, and for the one being written.</summary>
    /// <exception cref="LabException">There is less.</exception>
    public static void RequireForRun(RunSession session)
    {
        var settings = session.Spec.Checkpoints;
        var each = OfCheckpoint(session, settings.Kind == CheckpointKinds.Full || settings.Final == CheckpointKinds.Full ? CheckpointKinds.Full : CheckpointKinds.Weights);
        var kept = Math.Min(settings.Keep * each, settings.KeepGb is { } gb ? Math.Max(each, (long)(gb * 1e9)) : long.MaxValue);
        var best = settings.Choose == "best" ? OfCheckpoint(session, CheckpointKinds.Weights) : 0;
        var there = Directory.EnumerateDirectories(session.Inputs.WorkFolder, "step-*").Sum(CheckpointFolder.Bytes);
        var needed = kept + each + best - there + Spare;
        var free = Free(session.Inputs.WorkFolder);
        if (free < needed)
            throw new LabException($"{session.Inputs.WorkFolder} has {Size(free)} left; this run needs {Size(needed)}: {settings.Keep} checkpoints of {Size(each)}, one being written, and {Size(Spare)} to spare. "
                + "Free some room, lower checkpoints.keep or keep_gb, or use checkpoints.kind: weights.", exitCode: 3);
    }

    /// <exception cref="LabException">The disk under <paramref name="folder"/> has less room.</exception>
    public static void Require(string folder, long bytes)
    {
        var free = Free(folder);
        if (free < bytes + Spare)
            throw new LabException($"{folder} has {Size(free)} left; the next checkpoint needs {Size(bytes + Spare)}, {Size(Spare)} of it to spare. Free some room, or lower checkpoints.keep.", exitCode: 3);
    }

    private static long Free(string folder) => new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;

    private static string Size(long bytes) => bytes < 1e9 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB") : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB");
}
