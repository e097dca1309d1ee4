using SggLab.Training.Optimization;

namespace SggLab.Training.Tests.Optimization;

public class NamePatternsTests
{
    [Theory]
    [InlineData("visual.", "visual.blocks.0.attn.qkv.weight", true)]
    [InlineData("visual.", "model.visual.merger.ln_q.weight", true)]
    [InlineData("visual.", "model.layers.0.mlp.up_proj.weight", false)]
    [InlineData("*.layers.0.*", "model.layers.0.mlp.up_proj.weight", true)]
    [InlineData("*.layers.0.*", "model.layers.10.mlp.up_proj.weight", false)]
    [InlineData("model.*.bias", "model.layers.1.self_attn.q_proj.bias", true)]
    [InlineData("model.*.bias", "visual.blocks.0.attn.qkv.bias", false)]
    [InlineData("*norm.weight", "model.norm.weight", true)]
    [InlineData("*norm.weight", "model.norm.weight.extra", false)]
    [InlineData("a*a", "a", false)]
    public void A_pattern_means_names(string pattern, string name, bool matches) => NamePatterns.Match([pattern], name).ShouldBe(matches);
}
