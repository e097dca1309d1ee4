using SggLab.Contracts;
using SggLab.SceneGraphs.Vocabularies;

namespace SggLab.SceneGraphs.Tests.Vocabularies;

public sealed class VocabularyTests
{
    [Fact]
    public void The_vocabularies_have_the_sizes_and_labels_of_their_data_sets()
    {
        (KnownVocabularies.Vg150.Objects.Count, KnownVocabularies.Vg150.Predicates.Count).ShouldBe((150, 50));
        (KnownVocabularies.Psg.Objects.Count, KnownVocabularies.Psg.Predicates.Count).ShouldBe((133, 56));
        KnownVocabularies.Vg150.ObjectName(1).ShouldBe("airplane");
        KnownVocabularies.Psg.ObjectName(0).ShouldBe("person");
        KnownVocabularies.Vg150.PredicateName(50).ShouldBe("with");
        KnownVocabularies.Psg.TryGetObjectLabel("wall-other-merged", out var label).ShouldBeTrue();
        KnownVocabularies.Psg.ObjectName(label).ShouldBe("wall-other-merged");
    }

    [Theory]
    [InlineData("vg150", "airplane", "airplane")]
    [InlineData("vg150", "yellow truck", "truck")]
    [InlineData("vg150", "abode", "bear")]
    [InlineData("vg150", "shiny xyzzy man", "man")]
    [InlineData("psg", "street", "road")]
    [InlineData("psg", "wall other merged", "wall other merged")]
    public void A_predicted_category_leads_to_the_one_that_the_reference_takes(string vocabulary, string name, string target)
    {
        KnownVocabularies.Find(vocabulary).TryMapObject(name, out var mapped, out _).ShouldBeTrue();
        mapped.ShouldBe(target);
    }

    [Theory]
    [InlineData("vg150", "xyzzy")]
    [InlineData("vg150", "")]
    [InlineData("vg150", "man ")]
    [InlineData("psg", "holding")]
    [InlineData("psg", "xyzzy")]
    public void A_category_that_leads_nowhere_is_dropped(string vocabulary, string name) =>
        KnownVocabularies.Find(vocabulary).TryMapObject(name, out _, out _).ShouldBeFalse();

    [Fact]
    public void Predicates_go_through_the_table_and_then_WordNet()
    {
        KnownVocabularies.Vg150.TryMapPredicate("is in front of", out var label).ShouldBeTrue();
        KnownVocabularies.Vg150.PredicateName(label).ShouldBe("in front of");
        KnownVocabularies.Vg150.TryMapPredicate("about", out label).ShouldBeTrue();
        KnownVocabularies.Vg150.PredicateName(label).ShouldBe("near");
        KnownVocabularies.Vg150.TryMapPredicate("xyzzying", out _).ShouldBeFalse();
        KnownVocabularies.Vg150.TryMapPredicate("feeding", out _).ShouldBeFalse("the table leads it out of the vocabulary, and WordNet is not asked then");
    }

    [Fact]
    public void A_vocabulary_of_ones_own_takes_names_as_the_data_set_or_a_model_writes_them()
    {
        var own = Vocabulary.Of("own", ["Traffic-Light", "cup"], ["on"]);
        foreach (var name in (string[])["Traffic-Light", "traffic light", "TRAFFIC_LIGHT"])
        {
            own.TryGetObjectLabel(name, out var label).ShouldBeTrue(name);
            label.ShouldBe(1);
        }
        own.ObjectName(2).ShouldBe("cup");
        own.PredicateName(1).ShouldBe("on");
        own.TryMapObject("traffic light", out var target, out _).ShouldBeTrue();
        target.ShouldBe("traffic light");
        own.TryMapObject("Traffic-Light", out _, out _).ShouldBeFalse("a predicted name comes normalised");
    }

    [Fact]
    public void Predicates_of_ones_own_are_found_as_the_data_set_or_a_model_writes_them()
    {
        var own = Vocabulary.Of("own", ["cup"], ["Left-Of", "on"]);
        foreach (var name in (string[])["Left-Of", "left of", "LEFT_OF"])
        {
            own.TryGetPredicateLabel(name, out var label).ShouldBeTrue(name);
            label.ShouldBe(1);
        }
        own.PredicateName(1).ShouldBe("Left-Of");
        own.TryMapPredicate("left of", out var mapped).ShouldBeTrue();
        mapped.ShouldBe(1);
    }

    [Theory]
    [InlineData("Traffic-Light,cup,traffic_light", "on", "objects 1 (\"Traffic-Light\") and 3 (\"traffic_light\")")]
    [InlineData("cup,cup", "on", "objects 1 (\"cup\") and 2 (\"cup\")")]
    [InlineData("cup", "on,left-of, Left of", "predicates 2 (\"left-of\") and 3 (\" Left of\")")]
    public void Two_names_that_are_one_after_normalisation_are_refused(string objects, string predicates, string both) =>
        Should.Throw<LabException>(() => Vocabulary.Of("own.json", objects.Split(','), predicates.Split(','))).Message
            .ShouldBe($"own.json: its {both} are one name once written alike (\"_\" and \"-\" as spaces, stripped, lower case); leave one of them out.");
}
