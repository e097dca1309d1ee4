using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using SggLab.Contracts;

namespace SggLab.Training;

/// <summary>
/// Another libtorch than the one that came with the program. The runtime looks for native libraries beside the program first and loads them by their paths,
/// whatever was loaded before: two libtorches in one process, which end it. So the program runs once more within a context that is asked before the runtime looks.
/// </summary>
public static class LibtorchFolder
{
    private const string Option = "--libtorch";

    /// <summary>Runs the whole program with the libtorch that its command line names; the first thing a program with the option does.</summary>
    /// <returns>Its exit code; null where none is named, or the folder holds none (which <see cref="Load"/> says), or this is that run.</returns>
    public static int? Run(string[] args)
    {
        if (IsWithin || Asked(args) is not { } folder || Find(folder) is not { } lib)
            return null;
        var program = Assembly.GetEntryAssembly()!.Location;
        var main = new Context(program, lib).LoadFromAssemblyPath(program).EntryPoint!;
        return main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [args], null) is int code ? code : 0;
    }

    /// <param name="folder">Its root or its lib folder; null = the bundled one.</param>
    /// <exception cref="LabException">The folder holds no libtorch, or one that cannot be loaded here.</exception>
    public static void Load(string? folder)
    {
        if (folder is null)
            return;
        var lib = Find(folder) ?? throw new LabException($"{Option} {folder} holds no libtorch.so, nor does its lib folder. Give the folder that libtorch's archive unpacks to.");
        if (!IsWithin)
            throw new InvalidOperationException($"A program that takes {Option} begins with {nameof(LibtorchFolder)}.{nameof(Run)}.");
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

    private static bool IsWithin => AssemblyLoadContext.GetLoadContext(typeof(LibtorchFolder).Assembly) != AssemblyLoadContext.Default;

    private static string? Find(string folder) => new[] { folder, Path.Combine(folder, "lib") }.Select(Path.GetFullPath).FirstOrDefault(candidate => File.Exists(Path.Combine(candidate, "libtorch.so")));

    private static string? Asked(string[] args)
    {
        var words = args.TakeWhile(word => word != "--").ToArray();
        var at = Array.FindIndex(words, word => word == Option || word.StartsWith($"{Option}=", StringComparison.Ordinal) || word.StartsWith($"{Option}:", StringComparison.Ordinal));
        var folder = at < 0 ? null : words[at].Length > Option.Length ? words[at][(Option.Length + 1)..] : at + 1 < words.Length ? words[at + 1] : null;
        return string.IsNullOrEmpty(folder) ? null : folder;
    }

    /// <summary>The program's own assemblies, and native libraries from the folder before all others.</summary>
    private sealed class Context(string program, string lib) : AssemblyLoadContext("libtorch")
    {
        private readonly AssemblyDependencyResolver _besideProgram = new(program);

        protected override Assembly? Load(AssemblyName name) => _besideProgram.ResolveAssemblyToPath(name) is { } path ? LoadFromAssemblyPath(path) : null;

        protected override nint LoadUnmanagedDll(string name)
        {
            var file = Path.Combine(lib, $"lib{name}.so");
            var path = File.Exists(file) ? file : _besideProgram.ResolveUnmanagedDllToPath(name);
            return path is null ? 0 : LoadUnmanagedDllFromPath(path);
        }
    }
}
