using SkiaSharp;

namespace SggLab.Datasets;

/// <summary>Pixels in rows from the top, three bytes each (R, G, B), without padding.</summary>
public sealed record RgbImage(int Width, int Height, byte[] Pixels);

/// <summary>Width and height in pixels, EXIF orientation applied.</summary>
public readonly record struct ImageSize(int Width, int Height);

/// <summary>
/// A picture as it lies in the data set. The size is read from its header and the pixels are decoded only when asked.
/// Decoding gives what Pillow's <c>exif_transpose</c> and <c>convert("RGB")</c> give: alpha is dropped, not blended.
/// </summary>
public sealed class EncodedImage
{
    /// <summary>Pictures of more pixels are refused, as Pillow refuses them: a few bytes may claim any size.</summary>
    public const long MostPixels = 178_956_970;

    private readonly Func<ReadOnlyMemory<byte>> _read;
    private readonly RowOrigin _origin;
    private readonly string _field;
    private ImageSize? _size;

    private EncodedImage(Func<ReadOnlyMemory<byte>> read, string? path, RowOrigin origin, string field)
    {
        _read = read;
        Path = path;
        _origin = origin;
        _field = field;
    }

    public static EncodedImage FromBytes(ReadOnlyMemory<byte> bytes, string? path, RowOrigin origin, string field = "image") =>
        new(() => bytes, path, origin, field);

    /// <summary>The file is read each time its bytes are asked for, so that a data set of files stays on disk.</summary>
    /// <param name="size">The size that the data set states; null reads it from the file.</param>
    public static EncodedImage FromFile(string path, RowOrigin origin, string field = "image", ImageSize? size = null) =>
        new(() => ReadFile(path, origin, field), path, origin, field) { _size = size };

    /// <summary>The same picture with its bytes at hand.</summary>
    internal EncodedImage With(ReadOnlyMemory<byte> bytes) => new(() => bytes, Path, _origin, _field) { _size = _size };

    /// <summary>The path the data set recorded, if any.</summary>
    public string? Path { get; }

    /// <summary>The encoded bytes (JPEG, PNG, WebP, GIF or BMP).</summary>
    public ReadOnlyMemory<byte> Bytes => _read();

    /// <summary>Size with EXIF applied, from the header alone.</summary>
    /// <exception cref="DatasetException">The bytes are no image.</exception>
    public ImageSize Size
    {
        get
        {
            if (_size is { } known) return known;
            using var codec = OpenCodec(Bytes.Span);
            return (_size = SizeOf(codec)).Value;
        }
    }

    /// <summary>Whether the picture's EXIF orientation turns or mirrors it.</summary>
    public bool IsTurned
    {
        get
        {
            using var codec = OpenCodec(Bytes.Span);
            return codec.EncodedOrigin != SKEncodedOrigin.TopLeft;
        }
    }

    /// <summary>Decodes the whole picture.</summary>
    /// <exception cref="DatasetException">The bytes are no image, or end early.</exception>
    public RgbImage DecodeRgb()
    {
        using var codec = OpenCodec(Bytes.Span);
        if ((long)codec.Info.Width * codec.Info.Height > MostPixels)
            throw _origin.Error(_field, $"claims {codec.Info.Width} x {codec.Info.Height} pixels; at most {MostPixels} are decoded");
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var rgba = new byte[info.BytesSize];
        unsafe
        {
            fixed (byte* pixels = rgba)
            {
                var result = codec.GetPixels(info, (nint)pixels);
                if (result != SKCodecResult.Success)
                    throw _origin.Error(_field, $"the {codec.EncodedFormat} image of {Bytes.Length} bytes is damaged or cut off (decoder: {result}); replace it by the original file");
            }
        }
        var turned = ExifOrientation.ToRgb(rgba, info.Width, info.Height, codec.EncodedOrigin);
        _size ??= new ImageSize(turned.Width, turned.Height);
        return turned;
    }

    private static ImageSize SizeOf(SKCodec codec) => ExifOrientation.SwapsAxes(codec.EncodedOrigin)
        ? new ImageSize(codec.Info.Height, codec.Info.Width)
        : new ImageSize(codec.Info.Width, codec.Info.Height);

    private SKCodec OpenCodec(ReadOnlySpan<byte> bytes) => OpenCodec(bytes, _origin, _field);

    private static SKCodec OpenCodec(ReadOnlySpan<byte> bytes, RowOrigin origin, string field)
    {
        using var data = SKData.CreateCopy(bytes);
        return SKCodec.Create(data) ?? throw NoImage(bytes, origin, field);
    }

    internal static DatasetException NoImage(ReadOnlySpan<byte> bytes, RowOrigin origin, string field)
    {
        var start = bytes.Length == 0 ? "none at all" : "they start with " + Convert.ToHexStringLower(bytes[..Math.Min(8, bytes.Length)]);
        return origin.Error(field, $"holds {bytes.Length} bytes that are no image ({start}); expected an encoded JPEG, PNG, WebP, GIF or BMP");
    }

    private static ReadOnlyMemory<byte> ReadFile(string path, RowOrigin origin, string field)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw origin.Error(field, $"the image file {path} cannot be read ({e.Message}); check the folder of images", e);
        }
    }
}
