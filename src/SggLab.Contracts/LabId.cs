using System.Security.Cryptography;
using System.Text;

namespace SggLab.Contracts;

/// <summary>Ids: 10 characters of lower-case Crockford base32 (50 bits). Made at the edge, or derived from what they name so that repeating a command names the same.</summary>
public static class LabId
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int Length = 10;

    public static string New() => RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>The same parts give the same id.</summary>
    public static string From(params string[] parts) => Encode(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));

    /// <summary>Fit to be an id in a URL and a stream's key: 1 to 80 letters, digits, '.', '_' or '-'.</summary>
    public static bool IsValid(string? id) => id is { Length: >= 1 and <= 80 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static string Encode(byte[] bytes) => string.Create(Length, bytes, (text, source) =>
    {
        for (var i = 0; i < text.Length; i++)
            text[i] = Alphabet[source[i] & 31];
    });
}
