using System.Text.RegularExpressions;
using SggLab.Training.Demo;

namespace SggLab.Training.Tests.Demo;

public class BytePairTrainerTests
{
    private static readonly Regex Words = new(@"\S+|\s+");

    [Fact]
    public void The_most_frequent_pairs_become_tokens_first()
    {
        var vocabulary = BytePairTrainer.Train(["low low low lower newest newest"], Words, 260);
        vocabulary.Tokens.Count.ShouldBe(260);
        vocabulary.Merges[0].ShouldBe(("l", "o"));
        vocabulary.Merges[1].ShouldBe(("lo", "w"));
        vocabulary.Tokens.Skip(256).ShouldBe(["lo", "low", "ew", "es"], ignoreOrder: true);
    }

    [Fact]
    public void Every_byte_has_its_own_printable_stand_in()
    {
        var alphabet = BytePairTrainer.ByteAlphabet();
        alphabet.Distinct().Count().ShouldBe(256);
        alphabet[' '].ShouldBe('Ġ');
        alphabet['\n'].ShouldBe('Ċ');
    }

    [Fact]
    public void Training_stops_where_no_pair_occurs_twice() =>
        BytePairTrainer.Train(["ab"], Words, 1000).Tokens.Count.ShouldBe(256);
}
