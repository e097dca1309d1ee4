using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>
/// 1 for <c>&lt;think&gt;…&lt;/think&gt; &lt;answer&gt;…&lt;/answer&gt;</c> around a well-formed graph whose relations name objects that it lists
/// (paper 3.3; <c>format_reward</c>).
/// </summary>
/// <remarks>
/// As published the function raises on every graph, since it hashes a list of dicts, and so gives 0: the two lines that do it change nothing
/// else and are left out here, which leaves the paper's definition. <see cref="FormatPublishedReward"/> has the figure of the published commit.
/// </remarks>
internal static class FormatReward
{
    public static double Compute(RewardCase c) => Check(c, out _) switch
    {
        FormatFault.None => c.Settings.FormatWeight,
        FormatFault.Tags when !c.Settings.StrictFormat => 0.5 * c.Settings.FormatWeight,
        _ => 0,
    };

    public static Told Explain(RewardCase c, RewardFaults faults)
    {
        var fault = Check(c, out var at);
        return fault == FormatFault.None ? new Told(null, "Every rule of form is kept.") : new Told(InWords(c, faults, fault, at));
    }

    /// <summary>The first rule that is broken.</summary>
    /// <param name="at">The index of the object or relation that breaks it.</param>
    private static FormatFault Check(RewardCase c, out int at)
    {
        at = 0;
        if (c.Objects is not { } objects) return FormatFault.NoObjects;
        if (c.Relationships is not { } relationships) return FormatFault.NoRelationships;
        if (!c.TryIterate(objects, out var objectCount)) return FormatFault.ObjectsNoList;
        if (!c.TryIterate(relationships, out var relationCount)) return FormatFault.RelationshipsNoList;
        if (CheckObjects(c, objects, objectCount, out at) is not FormatFault.None and var badObject) return badObject;
        if (CheckRelations(c, relationships, relationCount, out at) is not FormatFault.None and var badRelation) return badRelation;
        return HasTags(c.Completion) ? FormatFault.None : FormatFault.Tags;
    }

    private static FormatFault CheckObjects(RewardCase c, int objects, int count, out int index)
    {
        var at = objects + 1;
        for (index = 0; index < count; index++, at = c.Json(at).Next)
        {
            if (c.Json(at).Kind != JsonKind.Object) return FormatFault.ObjectKind;
            if (c.TextOf(at, "id") is not { } id) return FormatFault.ObjectId;
            id.ListedIn = c.Number;
            if (c.Find(at, "bbox") is not { } box || c.Json(box).Kind != JsonKind.Array || c.Json(box).Count != 4) return FormatFault.ObjectBox;
            for (var k = 1; k <= 4; k++)
                if (!c.Json(box + k).IsNumber) return FormatFault.ObjectBox;
        }
        return FormatFault.None;
    }

    // Names are compared as written: "Man.1" does not name "man.1".
    private static FormatFault CheckRelations(RewardCase c, int relationships, int count, out int index)
    {
        var at = relationships + 1;
        for (index = 0; index < count; index++, at = c.Json(at).Next)
        {
            if (c.Json(at).Kind != JsonKind.Object) return FormatFault.RelationKind;
            if (c.TextOf(at, "subject") is not { } subject) return FormatFault.Subject;
            if (c.TextOf(at, "object") is not { } target) return FormatFault.Object;
            if (c.Find(at, "predicate") is not { } predicate || c.Json(predicate).Kind != JsonKind.String) return FormatFault.Predicate;
            if (subject.ListedIn != c.Number) return FormatFault.SubjectUnlisted;
            if (target.ListedIn != c.Number) return FormatFault.ObjectUnlisted;
        }
        return FormatFault.None;
    }

    private static string InWords(RewardCase c, RewardFaults faults, FormatFault fault, int at) => fault switch
    {
        FormatFault.NoObjects => faults.Objects() ?? RewardFaults.NoKey("objects"),
        FormatFault.NoRelationships => RewardFaults.NoKey("relationships"),
        FormatFault.ObjectsNoList => faults.NoList("objects", c.Objects!.Value),
        FormatFault.RelationshipsNoList => faults.NoList("relationships", c.Relationships!.Value),
        FormatFault.ObjectKind => $"Object {at + 1} is {KindOf(c, c.Objects!.Value, at)}; wanted an object with \"id\" and \"bbox\".",
        FormatFault.ObjectId => $"Object {at + 1} has no text as its id.",
        FormatFault.ObjectBox => $"Object {at + 1} has no box of four numbers.",
        FormatFault.RelationKind => $"Relationship {at + 1} is {KindOf(c, c.Relationships!.Value, at)}; wanted an object with \"subject\", \"predicate\" and \"object\".",
        FormatFault.Subject => RewardFaults.NoPart(at, "subject") + ".",
        FormatFault.Object => RewardFaults.NoPart(at, "object") + ".",
        FormatFault.Predicate => RewardFaults.NoPart(at, "predicate") + ".",
        FormatFault.SubjectUnlisted => RewardFaults.Unlisted(at, c.TextOf(Member(c, c.Relationships!.Value, at), "subject")!.Raw) + ".",
        FormatFault.ObjectUnlisted => RewardFaults.Unlisted(at, c.TextOf(Member(c, c.Relationships!.Value, at), "object")!.Raw) + ".",
        _ => "The answer is not <think>…</think>, white space, <answer>…</answer> and nothing else" + (c.Settings.StrictFormat ? "." : ": half of the reward."),
    };

    private static string KindOf(RewardCase c, int list, int index) => c.Json(Member(c, list, index)).Kind.InWords();

    private static int Member(RewardCase c, int list, int index)
    {
        var at = list + 1;
        for (var i = 0; i < index; i++) at = c.Json(at).Next;
        return at;
    }

    // The regex <think>.*?</think>\s*<answer>(.*?)</answer> against the whole text.
    private static bool HasTags(ReadOnlySpan<char> text)
    {
        const string think = "<think>", endThink = "</think>", answer = "<answer>", endAnswer = "</answer>";
        if (!text.StartsWith(think) || !text.EndsWith(endAnswer)) return false;
        var body = text[think.Length..];
        while (true)
        {
            var end = body.IndexOf(endThink);
            if (end < 0) return false;
            body = body[(end + endThink.Length)..];
            var rest = body;
            while (rest.Length > 0 && PythonText.IsSpace(rest[0])) rest = rest[1..];
            if (rest.StartsWith(answer)) return true;
        }
    }
}

/// <summary>A rule of form that an answer breaks.</summary>
internal enum FormatFault
{
    None,
    NoObjects,
    NoRelationships,
    ObjectsNoList,
    RelationshipsNoList,
    ObjectKind,
    ObjectId,
    ObjectBox,
    RelationKind,
    Subject,
    Predicate,
    Object,
    SubjectUnlisted,
    ObjectUnlisted,
    Tags,
}
