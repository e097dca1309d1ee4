namespace SggLab.SceneGraphs.Python;

/// <summary>What a backslash in a JSON text stands for.</summary>
internal static class JsonEscape
{
    /// <summary>The character that a letter or mark after the backslash means; false for one that JSON does not have, and for u.</summary>
    public static bool TryLetter(char letter, out char value)
    {
        value = letter switch
        {
            '"' or '\\' or '/' => letter,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => '\0',
        };
        return value != '\0';
    }

    /// <summary>The UTF-16 unit of exactly four ASCII digits of base 16. .NET's own parsers pass over U+0000 at the end.</summary>
    public static bool TryHex(ReadOnlySpan<char> digits, out char value)
    {
        value = '\0';
        if (digits.Length != 4) return false;
        var code = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit(digit)) return false;
            code = code * 16 + (digit <= '9' ? digit - '0' : (digit | ' ') - 'a' + 10);
        }
        value = (char)code;
        return true;
    }
}
