using System.Globalization;
using SggLab.Contracts;
using SggLab.Training;
using SggLab.Worker.Journals;

namespace SggLab.Worker;

/// <summary>What must be settled before libtorch is loaded for the first time: its threads, and which libtorch.</summary>
public static class Libtorch
{
    /// <summary>cuda where this machine has a GPU and the libtorch to be loaded can use it, else cpu. Nothing is loaded to find out.</summary>
    public static string Device(string? folder)
    {
        string[] places = folder is null ? [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")] : [folder, Path.Combine(folder, "lib")];
        return File.Exists("/dev/nvidia0") && places.Any(place => File.Exists(Path.Combine(place, "libtorch_cuda.so"))) ? "cuda" : "cpu";
    }

    /// <param name="threads">0 leaves libtorch's default.</param>
    /// <param name="folder">Folder of another libtorch (its root or its lib folder); null = the bundled one.</param>
    /// <exception cref="LabException">The folder holds no libtorch, or one that cannot be loaded here.</exception>
    public static void Prepare(int threads, string? folder)
    {
        if (threads > 0)
        {
            var count = threads.ToString(CultureInfo.InvariantCulture);
            foreach (var name in new[] { "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS" }) Posix.SetEnvironment(name, count);
        }
        LibtorchFolder.Load(folder);
    }
}
