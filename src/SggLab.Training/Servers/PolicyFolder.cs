using SggLab.Training.Checkpoints;

namespace SggLab.Training.Servers;

/// <summary>The folder that trainer and server both see: the weights of one version at a time, under its name.</summary>
/// <param name="run">Tells this attempt's weights from every other's: a server may still hold those of an attempt that died.</param>
/// <param name="write">Writes the policy as it is now into a folder.</param>
internal sealed class PolicyFolder(string root, string run, Action<string> write)
{
    /// <summary>Names the weights after so many steps.</summary>
    public string Version(int stepsDone) => $"{run}-step-{stepsDone}";

    /// <summary>Writes the weights of a version.</summary>
    public string Put(string version)
    {
        Directory.CreateDirectory(root);
        var folder = Path.Combine(root, version);
        CheckpointFolder.Write(folder, write);
        return folder;
    }

    public void Remove(string version)
    {
        if (Path.Combine(root, version) is var folder && Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Removes what this run still has there, also what no server took.</summary>
    public void RemoveAll()
    {
        if (Directory.Exists(root))
            foreach (var folder in Directory.GetDirectories(root, run + "-step-*"))
                Directory.Delete(folder, recursive: true);
    }
}
