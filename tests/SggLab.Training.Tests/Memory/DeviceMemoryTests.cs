using SggLab.Training.Memory;

namespace SggLab.Training.Tests.Memory;

public class DeviceMemoryTests
{
    /// <summary>As nvidia-smi writes it.</summary>
    private const string ThreeGpus = """
        0, GPU-5b0e4e3a-6f37-0ab5-59d2-1d5d3ab80e10, 100
        1, GPU-b9dfa48e-5f74-bd4b-1c4b-3c9f3c9a8f6d, 200
        2, GPU-4e9f2c11-90f8-3b8e-2b43-9c1a0f2a7e55, [N/A]

        """;

    [Theory]
    [InlineData(null, 100), InlineData("0,1", 100), InlineData("1", 200), InlineData(" 1 , 0", 200), InlineData("GPU-b9dfa48e-5f74-bd4b-1c4b-3c9f3c9a8f6d", 200), InlineData("GPU-b9d,GPU-5b0", 200)]
    public void The_free_memory_is_that_of_the_GPU_which_CUDA_shows_first(string? visible, int mebibytes) =>
        DeviceMemory.FirstVisible(ThreeGpus, visible).ShouldBe(mebibytes * 1048576.0);

    [Theory]
    [InlineData("2"), InlineData("3"), InlineData(""), InlineData("-1"), InlineData("MIG-b9dfa48e-5f74-bd4b-1c4b-3c9f3c9a8f6d")]
    public void What_the_tool_does_not_tell_is_unknown(string visible) =>
        DeviceMemory.FirstVisible(ThreeGpus, visible).ShouldBeNull();
}
