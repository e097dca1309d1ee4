namespace SggLab.Modeling.Tests;

public class ForwardParityTests
{
    [Theory]
    [InlineData("qwen2-vl-tiny")]
    [InlineData("qwen2_5-vl-tiny")]
    [InlineData("qwen3-vl-tiny")]
    public void Every_state_of_the_reference_forward_pass_is_reproduced(string name)
    {
        var folder = Golden.Model(name);
        using var model = Qwen2VLModel.Load(folder);
        var parity = new ForwardParity(model, GoldenCases.Read(folder));

        var items = Directory.GetFiles(folder, "forward_*.safetensors").Order().SelectMany(f => parity.Check(Path.GetFileName(f))).ToList();

        items.Count.ShouldBeGreaterThan(40);
        foreach (var item in items)
            TestContext.Current.TestOutputHelper?.WriteLine($"{item.Item} {item.MaxAbsError:g3}");
        items.Where(i => !i.Ok).Select(i => $"{i.Item}: {i.MaxAbsError:g3} > {i.Tolerance:g3}").ShouldBeEmpty();
    }
}
