using System.Globalization;
using System.Text;

namespace SggLab.SceneGraphs.Tests;

internal static class JsonText
{
    /// <summary>The value of a JSON string literal; unlike .NET's readers it lets half a surrogate pair pass.</summary>
    public static string Unquote(this string literal)
    {
        var text = new StringBuilder();
        for (var i = 1; i < literal.Length - 1; i++)
        {
            if (literal[i] != '\\')
            {
                text.Append(literal[i]);
                continue;
            }
            i++;
            if (literal[i] == 'u')
            {
                text.Append((char)int.Parse(literal.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
            }
            else
            {
                text.Append(literal[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var c => c });
            }
        }
        return text.ToString();
    }
}
