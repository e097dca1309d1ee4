using SggLab.Contracts;
using SggLab.Modeling;

namespace SggLab.Training.Checkpoints;

/// <summary>
/// The weights whose evaluation on the way went best, as a model folder beside the checkpoints. They travel inside full checkpoints, so that a run
/// that goes on elsewhere still has them; their bytes are the same blobs every time.
/// </summary>
internal sealed class BestWeights(string workFolder)
{
    private const string Folder = "best";

    public string Path { get; } = System.IO.Path.Combine(workFolder, Folder);

    /// <summary>Keeps the model's weights as they are now.</summary>
    public void Keep(Qwen2VLModel model) => CheckpointFolder.Write(Path, to => model.Save(to));

    /// <summary>Puts them into a full checkpoint's trainer folder.</summary>
    public void AddTo(string trainerFolder)
    {
        if (Directory.Exists(Path))
            Copy(Path, System.IO.Path.Combine(trainerFolder, Folder));
    }

    /// <summary>Takes them from the full checkpoint that a run goes on from.</summary>
    /// <exception cref="LabException">They are not there.</exception>
    public void TakeFrom(string trainerFolder)
    {
        var kept = System.IO.Path.Combine(trainerFolder, Folder);
        if (!Directory.Exists(kept))
            throw new LabException($"{trainerFolder} lacks the folder {Folder} with the best weights so far; the checkpoint is not whole. Go on from another, or start the run afresh.");
        CheckpointFolder.Write(Path, to => Copy(kept, to));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)), overwrite: true);
    }
}
