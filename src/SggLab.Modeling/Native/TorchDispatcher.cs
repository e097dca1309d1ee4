using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace SggLab.Modeling;

/// <summary>
/// Calls libtorch operators that TorchSharp does not wrap, through libtorch's stable C interface
/// (torch/csrc/stable/c/shim.h). Every operator used here has its own small function and a test.
/// </summary>
/// <remarks>
/// The dispatcher takes ownership of each tensor handle and list on the stack, so arguments are copied handles
/// (a reference, not the data). Optional values are passed as heap cells which the dispatcher frees.
/// </remarks>
internal static unsafe partial class TorchDispatcher
{
    // The ABI version is (major << 56) | (minor << 48): the layout below is that of libtorch 2.10.
    private const ulong AbiVersion = (2ul << 56) | (10ul << 48);

    [LibraryImport("torch_cpu")]
    private static partial int torch_call_dispatcher(byte* op, byte* overload, ulong* stack, ulong version);

    [LibraryImport("torch_cpu")]
    private static partial int aoti_torch_new_tensor_handle(IntPtr tensor, out IntPtr copy);

    [LibraryImport("torch_cpu")]
    private static partial int torch_new_list_reserve_size(nuint size, out IntPtr list);

    [LibraryImport("torch_cpu")]
    private static partial int torch_list_push_back(IntPtr list, ulong value);

    [LibraryImport("torch_cpu")]
    private static partial int torch_new_string_handle(byte* text, nuint length, out IntPtr handle);

    private const ulong None = 0;

    private static ulong Of(Tensor tensor)
    {
        Check(aoti_torch_new_tensor_handle(tensor.Handle, out var copy), "new_tensor_handle");
        return (ulong)copy;
    }

    private static ulong Of(double value) => BitConverter.DoubleToUInt64Bits(value);

    private static ulong Of(ScalarType value) => (ulong)value;

    private static ulong Of(bool value) => value ? 1ul : 0ul;

    private static ulong Some(ulong value)
    {
        // Freed by the dispatcher with `delete`, which on the platforms libtorch ships for is malloc's free.
        var cell = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *cell = value;
        return (ulong)cell;
    }

    private static ulong ListOf(ReadOnlySpan<long> values)
    {
        Check(torch_new_list_reserve_size((nuint)values.Length, out var list), "new_list");
        foreach (var value in values)
            Check(torch_list_push_back(list, (ulong)value), "list_push_back");
        return (ulong)list;
    }

    private static ulong ListOf(IReadOnlyList<Tensor> tensors)
    {
        Check(torch_new_list_reserve_size((nuint)tensors.Count, out var list), "new_list");
        foreach (var tensor in tensors)
            Check(torch_list_push_back(list, Of(tensor)), "list_push_back");
        return (ulong)list;
    }

    private static void Check(int code, string what)
    {
        if (code != 0)
            throw new InvalidOperationException($"libtorch refused {what} (its own message is on standard error).");
    }

    private static ulong Call(ReadOnlySpan<byte> op, Span<ulong> stack, ReadOnlySpan<byte> overload = default)
    {
        byte empty = 0;
        fixed (byte* name = op)
        fixed (byte* variant = overload)
        fixed (ulong* values = stack)
            Check(torch_call_dispatcher(name, variant == null ? &empty : variant, values, AbiVersion), System.Text.Encoding.ASCII.GetString(op).TrimEnd('\0'));
        return stack[0];
    }

    private static Tensor TensorOf(ulong value) => Tensor.UnsafeCreateTensor((IntPtr)value);

    /// <summary>x / sqrt(mean(x^2) + eps) * weight over the last dimension; differentiable.</summary>
    internal static Tensor RmsNorm(Tensor x, Tensor weight, double eps)
    {
        Span<ulong> stack = [Of(x), ListOf([weight.shape[0]]), Some(Of(weight)), Some(Of(eps))];
        return TensorOf(Call("aten::rms_norm\0"u8, stack));
    }

    /// <summary>Attention of q [B,H,T,d] over k, v [B,K,S,d], where K divides H (grouped queries); differentiable.</summary>
    internal static Tensor Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal)
    {
        var grouped = q.size(1) != k.size(1);
        Span<ulong> stack = [Of(q), Of(k), Of(v), mask is null ? None : Some(Of(mask)), Of(0.0), Of(causal), None, Of(grouped)];
        return TensorOf(Call("aten::scaled_dot_product_attention\0"u8, stack));
    }

    /// <summary>A flat tensor in host memory, which a GPU copies to and from by itself where it is pinned.</summary>
    internal static Tensor Empty(long elements, ScalarType type, bool pinned)
    {
        Span<ulong> stack = [ListOf([elements]), Some(Of(type)), None, None, Some(Of(pinned)), None];
        return TensorOf(Call("aten::empty\0"u8, stack, "memory_format\0"u8));
    }

    /// <summary>The GELU approximated by tanh; differentiable. (TorchSharp has the exact one only.)</summary>
    internal static Tensor GeluTanh(Tensor x)
    {
        fixed (byte* tanh = "tanh"u8)
        {
            Check(torch_new_string_handle(tanh, 4, out var text), "new_string");
            Span<ulong> stack = [Of(x), (ulong)text];
            return TensorOf(Call("aten::gelu\0"u8, stack));
        }
    }

    /// <summary>One AdamW step over all tensors in one call: parameters and moments change in place.</summary>
    /// <param name="steps">One f32 scalar tensor a parameter: the number of this step, starting at 1.</param>
    internal static void FusedAdamW(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, IReadOnlyList<Tensor> firstMoments, IReadOnlyList<Tensor> secondMoments,
        IReadOnlyList<Tensor> steps, double learningRate, double beta1, double beta2, double weightDecay, double eps)
    {
        Span<ulong> stack =
        [
            ListOf(parameters), ListOf(gradients), ListOf(firstMoments), ListOf(secondMoments), ListOf(Array.Empty<Tensor>()), ListOf(steps),
            Of(learningRate), Of(beta1), Of(beta2), Of(weightDecay), Of(eps), Of(false), Of(false), None, None,
        ];
        Call("aten::_fused_adamw_\0"u8, stack);
    }
}
