using SggLab.Contracts;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Tests.Similarity;

public sealed class VectorSimilarityTests
{
    private static VectorSimilarity Of(string file) => new(WordVectors.Read(new StringReader(file), "words.txt"), "vectors:words.txt");

    private static double Compare(string a, string b)
    {
        Of("north 0 1\neast 1 0\nnortheast 1 1\nzero 0 0\n").TryCompare(a, b, out var similarity).ShouldBeTrue();
        return similarity;
    }

    [Fact]
    public void Names_are_as_alike_as_the_angle_of_their_mean_vectors_says()
    {
        Compare("north", "east").ShouldBe(0, 1e-12);
        Compare("north", "northeast").ShouldBe(Math.Sqrt(0.5), 1e-7);
        Compare("north east", "northeast").ShouldBe(1, 1e-7);
        Compare("north unheard", "north").ShouldBe(1, 1e-7);
    }

    [Fact]
    public void Equal_words_are_the_same_and_words_without_a_vector_are_like_nothing()
    {
        Compare("unheard", "unheard").ShouldBe(1);
        Compare("unheard", "north").ShouldBe(0);
        Compare("zero", "north").ShouldBe(0);
        Compare("", "").ShouldBe(1);
        Compare("", "north").ShouldBe(0);
    }

    [Fact]
    public void Vectors_of_any_length_are_compared_whole()
    {
        var random = new Random(7);
        for (var dimensions = 1; dimensions <= 40; dimensions++)
        {
            double[] a = [.. Enumerable.Range(0, dimensions).Select(_ => random.NextDouble() - 0.5)], b = [.. Enumerable.Range(0, dimensions).Select(_ => random.NextDouble() - 0.5)];
            static string Line(string word, double[] values) => word + " " + string.Join(' ', values.Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
            Of(Line("a", a) + "\n" + Line("b", b)).TryCompare("a", "b", out var similarity).ShouldBeTrue();
            var cosine = a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));
            similarity.ShouldBe(cosine, 1e-6, $"{dimensions} dimensions");
        }
    }

    [Fact]
    public void A_binary_file_is_not_printed_to_the_terminal()
    {
        var told = Should.Throw<LabException>(() => Of("\u001f\uFFFD\u001b[2J a \a" + new string('x', 5000))).Message;
        told.ShouldContain("packed: unpack it first");
        told.Any(char.IsControl).ShouldBeFalse();
        told.Length.ShouldBeLessThan(300);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_told() =>
        Should.Throw<LabException>(() => WordVectors.Load("/proc/self/mem")).Message.ShouldStartWith("/proc/self/mem cannot be read (");

    [Fact]
    public void A_word2vec_header_is_passed_over() => WordVectors.Read(new StringReader("2 3\na 1 2 3\nb 4 5 6\n"), "x").Dimensions.ShouldBe(3);

    [Fact]
    public void Words_that_look_like_a_header_blank_lines_and_spaces_at_the_end_are_read_as_what_they_are()
    {
        var vectors = WordVectors.Read(new StringReader("a 1 \n\n2 3\na 7\n"), "x");
        (vectors.Count, vectors.Dimensions).ShouldBe((2, 1));
        vectors.Find("2").ShouldBe([3f]);
        vectors.Find("a").ShouldBe([7f], "of equal words the last stands");
    }

    [Theory]
    [InlineData(" 1 2\n", "words.txt, line 1 has no numbers after the word.")]
    [InlineData("a 1\n\nb x\n", "words.txt, line 3 has \"x\" where a finite number was expected.")]
    [InlineData("a 1 2\nb 1\n", "words.txt, line 2 has 1 numbers where the first word has 2.")]
    [InlineData("a 1 x\n", "words.txt, line 1 has \"x\" where a finite number was expected.")]
    [InlineData("a 1 NaN\n", "words.txt, line 1 has \"NaN\" where a finite number was expected.")]
    [InlineData("a\n", "words.txt, line 1 has no numbers after the word.")]
    [InlineData("", "words.txt holds no word vectors.")]
    public void A_file_that_is_no_word_vectors_is_told_with_its_line(string text, string message) =>
        Should.Throw<LabException>(() => Of(text)).Message.ShouldStartWith(message);

    [Fact]
    public void A_similarity_is_made_from_its_name()
    {
        var name = "vectors:" + Golden.PathOf("rewards/vectors.txt");
        var vectors = Similarities.Create(name);
        vectors.Name.ShouldBe(name);
        vectors.ShouldBeOfType<VectorSimilarity>();
        Similarities.Create("spacy-sm").ShouldBeSameAs(SpacySmSimilarity.Shared);
    }

    [Fact]
    public void A_missing_file_and_an_unknown_similarity_are_told_what_to_give()
    {
        Should.Throw<LabException>(() => Similarities.Create("vectors:/no/such/file")).Message.ShouldStartWith("There is no word vector file /no/such/file.");
        Should.Throw<LabException>(() => Similarities.Create("vectors:" + Golden.Folder)).Message.ShouldStartWith($"{Golden.Folder} is a folder.");
        Should.Throw<LabException>(() => Similarities.Create("glove")).Message.ShouldContain("vectors:FILE");
        Should.Throw<LabException>(() => Similarities.Create("vectors:")).Message.ShouldContain("vectors:FILE");
        Similarities.Create("exact").Name.ShouldBe("exact");
    }
}
