using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SggLab.Modeling;

/// <summary>Spreads a loop over libtorch's own threads, so that two pools never fight for the cores.</summary>
internal static unsafe partial class TorchThreads
{
    [LibraryImport("torch_cpu")]
    private static partial int torch_parallel_for(long begin, long end, long grain, delegate* unmanaged[Cdecl]<long, long, void*, void> body, void* context);

    private sealed class Loop
    {
        public required Action<int> Body { get; init; }
        public Exception? Failure { get; set; }
    }

    /// <param name="grain">Iterations that are worth a thread of their own.</param>
    public static void For(int count, int grain, Action<int> body)
    {
        if (count <= grain || TorchSharp.torch.get_num_threads() == 1)
        {
            for (var i = 0; i < count; i++)
                body(i);
            return;
        }
        var loop = new Loop { Body = body };
        var handle = GCHandle.Alloc(loop);
        try
        {
            if (torch_parallel_for(0, count, grain, &Run, (void*)GCHandle.ToIntPtr(handle)) != 0)
                throw new InvalidOperationException("libtorch refused a parallel loop.");
        }
        finally
        {
            handle.Free();
        }
        if (loop.Failure is { } failure)
            throw failure;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Run(long begin, long end, void* context)
    {
        var loop = (Loop)GCHandle.FromIntPtr((IntPtr)context).Target!;
        try
        {
            for (var i = begin; i < end; i++)
                loop.Body((int)i);
        }
        catch (Exception e)
        {
            loop.Failure = e; // Must not cross into native code.
        }
    }
}
