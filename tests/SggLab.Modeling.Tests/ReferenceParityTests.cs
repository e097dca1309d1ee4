namespace SggLab.Modeling.Tests;

/// <summary>Everything else that the reference left behind: tokenizer, positions, training, adapters, bf16.</summary>
public class ReferenceParityTests
{
    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer.string_merges.json")]
    public void Every_string_is_encoded_and_decoded_as_the_reference_does(string file) => ShouldAllBeOk(Tokenizer().Encodings(file), atLeast: 1);

    [Fact]
    public void Cut_characters_decode_to_replacement_characters_at_once_and_streamed() => ShouldAllBeOk(Tokenizer().Decodings(), atLeast: 40);

    [Fact]
    public void Chats_render_and_tokenize_as_the_reference_does() => ShouldAllBeOk(Tokenizer().Chats(), atLeast: 20);

    [Fact]
    public void Special_tokens_and_padding_are_those_of_the_reference() => ShouldAllBeOk(Tokenizer().Info(), atLeast: 4);

    [Fact]
    public void Positions_are_equal_as_integers() => ShouldAllBeOk(new PositionParity(Golden.Model("positions")).RopeIndex(), atLeast: 45);

    [Fact]
    public void Windows_are_visited_in_the_order_of_the_reference() => ShouldAllBeOk(new PositionParity(Golden.Model("positions")).Windows(), atLeast: 36);

    [Theory]
    [InlineData("qwen2-vl-tiny")]
    [InlineData("qwen2_5-vl-tiny")]
    [InlineData("qwen3-vl-tiny")]
    public void Five_optimizer_steps_follow_the_reference(string name) => ShouldAllBeOk(new TrainingParity(GoldenCases.Read(Golden.Model(name))).Check(), atLeast: 200);

    [Theory]
    [InlineData("qwen2-vl-tiny")]
    [InlineData("qwen2_5-vl-tiny")]
    [InlineData("qwen3-vl-tiny")]
    public void An_adapter_of_peft_computes_merges_and_learns_as_there(string name) => ShouldAllBeOk(new LoraParity(GoldenCases.Read(Golden.Model(name))).Check(), atLeast: 30);

    [Theory]
    [InlineData("qwen2-vl-tiny")]
    [InlineData("qwen2_5-vl-tiny")]
    [InlineData("qwen3-vl-tiny")]
    public void A_bf16_pass_stays_as_near_as_rounding_allows(string name) => ShouldAllBeOk(Bf16Parity.Check(GoldenCases.Read(Golden.Model(name))), atLeast: 3);

    private static TokenizerParity Tokenizer() => new(Golden.Model("tokenizer"));

    private static void ShouldAllBeOk(IEnumerable<ParityItem> items, int atLeast)
    {
        var all = items.ToList();
        foreach (var item in all)
            TestContext.Current.TestOutputHelper?.WriteLine($"{item.Item} {item.MaxAbsError:g3}");
        all.Count.ShouldBeGreaterThanOrEqualTo(atLeast);
        all.Where(i => !i.Ok).Select(i => $"{i.Item}: {i.MaxAbsError:g3} > {i.Tolerance:g3}").ShouldBeEmpty();
    }
}
