using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

public class HostMemoryTests
{
    [Theory]
    [InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Memory_asked_for_by_the_dispatcher_is_of_the_size_type_and_device_asked_for(ScalarType type)
    {
        using var tensor = TorchDispatcher.Empty(5, type, pinned: false);
        tensor.shape.ShouldBe([5]);
        tensor.dtype.ShouldBe(type);
        tensor.device_type.ShouldBe(DeviceType.CPU);
        HostMemory.Empty(5, type, pinned: false).dtype.ShouldBe(type);
    }

    /// <summary>It needs a GPU: what is told here without one is that the wish arrives at libtorch.</summary>
    [Fact]
    public void Pinned_memory_is_pinned_or_refused()
    {
        if (!cuda.is_available())
        {
            Should.Throw<LabException>(() => HostMemory.Empty(5, ScalarType.Float32, pinned: true)).Message.ShouldContain("optimizer_device: device");
            return;
        }
        using var tensor = HostMemory.Empty(5, ScalarType.Float32, pinned: true);
        tensor.is_pinned().ShouldBeTrue();
    }
}
