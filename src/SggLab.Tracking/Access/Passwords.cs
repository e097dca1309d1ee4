using System.Globalization;
using System.Security.Cryptography;

namespace SggLab.Tracking.Access;

/// <summary>PBKDF2 with SHA-256: pbkdf2-sha256$ROUNDS$SALT$HASH, in base64.</summary>
internal static class Passwords
{
    private const string Scheme = "pbkdf2-sha256";
    private const int Rounds = 210_000;
    private const int SaltLength = 16;
    private const int HashLength = 32;

    /// <summary>Checked against where the name is unknown, so that a wrong name takes as long as a wrong password.</summary>
    private static readonly string Nobody = Hash("nobody");

    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, Rounds, HashAlgorithmName.SHA256, HashLength);
        return $"{Scheme}${Rounds}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    public static bool Verify(string password, string? stored)
    {
        var parts = (stored ?? Nobody).Split('$');
        if (parts is not [Scheme, var rounds, var salt, var hash])
            return false;
        var expected = Convert.FromBase64String(hash);
        var found = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(salt), int.Parse(rounds, CultureInfo.InvariantCulture), HashAlgorithmName.SHA256, expected.Length);
        return CryptographicOperations.FixedTimeEquals(found, expected) && stored is not null;
    }
}
