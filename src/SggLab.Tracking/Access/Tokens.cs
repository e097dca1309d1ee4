using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SggLab.Tracking.Access;

/// <summary>API tokens: sgg_ and 256 random bits. The database holds the SHA-256 alone.</summary>
internal static class Tokens
{
    private const string Prefix = "sgg_";

    public static string New() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    public static bool LooksLikeOne(string token) => token.Length is > 20 and < 200 && token.StartsWith(Prefix, StringComparison.Ordinal);
}
