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
    public static double Compute(RewardCase c)
    {
        if (c.Objects is not { } objects || c.Relationships is not { } relationships) return 0;
        if (!c.TryIterate(objects, out var objectCount) || !c.TryIterate(relationships, out var relationCount)) return 0;
        if (!ObjectsAreValid(c, objects, objectCount) || !RelationsAreValid(c, relationships, relationCount)) return 0;
        if (HasTags(c.Completion)) return c.Settings.FormatWeight;
        return c.Settings.StrictFormat ? 0 : 0.5 * c.Settings.FormatWeight;
    }

    private static bool ObjectsAreValid(RewardCase c, int objects, int count)
    {
        var at = objects + 1;
        for (var i = 0; i < count; i++, at = c.Json(at).Next)
        {
            if (c.Json(at).Kind != JsonKind.Object) return false;
            if (c.TextOf(at, "id") is not { } id) return false;
            id.ListedIn = c.Number;
            if (c.Find(at, "bbox") is not { } box || c.Json(box).Kind != JsonKind.Array || c.Json(box).Count != 4) return false;
            for (var k = 1; k <= 4; k++)
                if (!c.Json(box + k).IsNumber) return false;
        }
        return true;
    }

    // Names are compared as written: "Man.1" does not name "man.1".
    private static bool RelationsAreValid(RewardCase c, int relationships, int count)
    {
        var at = relationships + 1;
        for (var i = 0; i < count; i++, at = c.Json(at).Next)
        {
            if (c.Json(at).Kind != JsonKind.Object) return false;
            if (c.TextOf(at, "subject") is not { } subject || c.TextOf(at, "object") is not { } target) return false;
            if (c.Find(at, "predicate") is not { } predicate || c.Json(predicate).Kind != JsonKind.String) return false;
            if (subject.ListedIn != c.Number || target.ListedIn != c.Number) return false;
        }
        return true;
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
            if (rest.StartsWith(answer)) return rest.Length >= answer.Length + endAnswer.Length;
        }
    }
}
