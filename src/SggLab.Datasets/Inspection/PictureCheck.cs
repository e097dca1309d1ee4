namespace SggLab.Datasets.Inspection;

/// <summary>Whether bytes may be a picture, by their beginning; or are one, by decoding them.</summary>
internal static class PictureCheck
{
    /// <param name="decode">The picture to decode as well, or null.</param>
    /// <exception cref="DatasetException">No picture, or with <paramref name="decode"/> a damaged one or one of another size than stated.</exception>
    public static void Check(ReadOnlySpan<byte> bytes, RowOrigin origin, string field, EncodedImage? decode)
    {
        if (!LooksLikeImage(bytes)) throw EncodedImage.NoImage(bytes, origin, field);
        if (decode is null) return;
        var stated = decode.Size;
        var rgb = decode.DecodeRgb();
        if ((rgb.Width, rgb.Height) != (stated.Width, stated.Height))
            throw origin.Error(field, $"is {rgb.Width} x {rgb.Height}, but the data set states {stated.Width} x {stated.Height}; boxes would be scaled wrongly");
    }

    // JPEG, PNG, GIF, WebP, BMP.
    private static bool LooksLikeImage(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) || bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) || bytes.StartsWith("GIF8"u8) ||
        bytes.StartsWith("RIFF"u8) && bytes.Length > 12 && bytes[8..].StartsWith("WEBP"u8) || bytes.StartsWith("BM"u8) && bytes.Length > 26;
}
