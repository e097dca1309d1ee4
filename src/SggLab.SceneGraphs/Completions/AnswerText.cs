using SggLab.SceneGraphs.Buffers;
using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Completions;

/// <summary>The part of a completion that the reference reads as its answer (<c>extract_answer_content</c>).</summary>
internal static class AnswerText
{
    private const string Open = "<answer>";
    private const string Close = "</answer>";

    /// <summary>
    /// Each <c>```</c> and each <c>json</c> becomes a space (inside names too); then the text of the first <c>&lt;answer&gt;</c> up to the
    /// next <c>&lt;/answer&gt;</c>, else all after the first <c>&lt;answer&gt;</c>, else everything; stripped.
    /// </summary>
    /// <param name="buffer">Grown as needed; the answer lies in it.</param>
    public static Range Extract(ReadOnlySpan<char> completion, ref char[] buffer)
    {
        Scratch.Fit(ref buffer, completion.Length);
        var length = CopyWithoutFences(completion, buffer);
        ReadOnlySpan<char> text = buffer.AsSpan(0, length);
        var open = text.IndexOf(Open);
        if (open < 0) return Stripped(text, 0, length);
        var start = open + Open.Length;
        var close = text[start..].IndexOf(Close);
        return Stripped(text, start, close < 0 ? length : start + close);
    }

    private static int CopyWithoutFences(ReadOnlySpan<char> source, Span<char> target)
    {
        var (length, at) = (0, 0);
        var fence = Next(source, "```", 0);
        var json = Next(source, "json", 0);
        while (Math.Min(fence, json) < source.Length)
        {
            var next = Math.Min(fence, json);
            source[at..next].CopyTo(target[length..]);
            length += next - at;
            target[length++] = ' ';
            at = next + (next == fence ? 3 : 4);
            if (next == fence) fence = Next(source, "```", at);
            else json = Next(source, "json", at);
        }
        source[at..].CopyTo(target[length..]);
        return length + source.Length - at;
    }

    // The two words share no character, so that finding one never steps over the other.
    private static int Next(ReadOnlySpan<char> source, string word, int from)
    {
        var found = source[from..].IndexOf(word);
        return found < 0 ? source.Length : from + found;
    }

    private static Range Stripped(ReadOnlySpan<char> text, int start, int end)
    {
        while (start < end && PythonText.IsSpace(text[start])) start++;
        while (end > start && PythonText.IsSpace(text[end - 1])) end--;
        return start..end;
    }
}
