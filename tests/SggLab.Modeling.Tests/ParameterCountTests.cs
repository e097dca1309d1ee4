namespace SggLab.Modeling.Tests;

public sealed class ParameterCountTests
{
    [Theory]
    [InlineData("qwen2-vl-tiny")]
    [InlineData("qwen2_5-vl-tiny")]
    [InlineData("qwen3-vl-tiny")]
    public void The_sizes_of_a_configuration_give_the_parameters_that_its_weights_have(string name)
    {
        using var model = Qwen2VLModel.Inspect(Golden.Model(name));

        ParameterCount.Of(model.Config).ShouldBe(model.Weights.Count);
    }
}
