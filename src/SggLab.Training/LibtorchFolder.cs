using System.Runtime.InteropServices;
using SggLab.Contracts;

namespace SggLab.Training;

/// <summary>Another libtorch than the one that came with the program: loaded before the first tensor, it is the one that all calls reach.</summary>
public static class LibtorchFolder
{
    /// <param name="folder">Its root or its lib folder; null = the bundled one.</param>
    /// <exception cref="LabException">The folder holds no libtorch, or one that cannot be loaded here.</exception>
    public static void Load(string? folder)
    {
        if (folder is null)
            return;
        var lib = new[] { folder, Path.Combine(folder, "lib") }.FirstOrDefault(candidate => File.Exists(Path.Combine(candidate, "libtorch.so")))
            ?? throw new LabException($"--libtorch {folder} holds no libtorch.so, nor does its lib folder. Give the folder that libtorch's archive unpacks to.");
        // The CUDA half registers itself when it is loaded; without this only the CPU half would be found.
        foreach (var name in new[] { "libc10.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch.so" })
        {
            var path = Path.Combine(lib, name);
            if (!File.Exists(path))
                continue;
            try
            {
                NativeLibrary.Load(path);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                throw new LabException($"{path} cannot be loaded: {e.Message} `./sgglab doctor` says what this machine lacks.", 3, e);
            }
        }
    }
}
