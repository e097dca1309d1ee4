using System.Buffers;
using System.Runtime.Intrinsics;

namespace SggLab.Modeling;

/// <summary>
/// Pillow's bicubic resize (src/libImaging/Resample.c): antialiased, 8-bit fixed-point weights, one direction after
/// the other, rounded to bytes in between. Byte for byte the same.
/// </summary>
internal static unsafe class PillowBicubic
{
    private const int Bits = 32 - 8 - 2;
    private const double Support = 2;
    private const int LinesABand = 32;

    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        if (width == image.Width && height == image.Height)
            return image;
        var result = GC.AllocateUninitializedArray<byte>(3 * width * height);
        if (height == image.Height)
            Rows(image.Pixels, image.Width, height, result, width);
        else if (width == image.Width)
            Columns(image.Pixels, width, image.Height, result, height);
        // Rounding in between makes the order visible. Since version 13 columns come first where that is much less work:
        // where they shrink while rows grow, and in images more than a hundred times as high as wide.
        else if (height < image.Height && (width > image.Width || image.Height > 100 * image.Width))
            Between(3 * image.Width * height, middle =>
            {
                Columns(image.Pixels, image.Width, image.Height, middle, height);
                Rows(middle, image.Width, height, result, width);
            });
        else
            Between(3 * width * image.Height, middle =>
            {
                Rows(image.Pixels, image.Width, image.Height, middle, width);
                Columns(middle, width, image.Height, result, height);
            });
        return new RgbImage(width, height, result);
    }

    /// <summary>Both directions, over memory that is used again: fresh memory takes longer than the arithmetic.</summary>
    private static void Between(int bytes, Action<byte[]> body)
    {
        var middle = ArrayPool<byte>.Shared.Rent(bytes);
        body(middle);
        ArrayPool<byte>.Shared.Return(middle);
    }

    /// <summary>For each output place: where its inputs start, how many there are, and their weights.</summary>
    private sealed record Weights(int[] First, int[] Count, int[] Values, int Stride)
    {
        public static Weights Of(int inputs, int outputs)
        {
            var scale = (double)inputs / outputs;
            var stretch = Math.Max(scale, 1);
            var support = Support * stretch;
            var stride = (int)Math.Ceiling(support) * 2 + 1;
            var (first, count, values) = (new int[outputs], new int[outputs], new int[outputs * stride]);
            var row = new double[stride];
            for (var o = 0; o < outputs; o++)
            {
                var centre = (o + 0.5) * scale;
                first[o] = Math.Max(0, (int)(centre - support + 0.5));
                count[o] = Math.Min(inputs, (int)(centre + support + 0.5)) - first[o];
                double sum = 0;
                for (var i = 0; i < count[o]; i++)
                    sum += row[i] = Bicubic((i + first[o] - centre + 0.5) * (1 / stretch));
                for (var i = 0; i < count[o]; i++)
                {
                    var weight = (sum != 0 ? row[i] / sum : row[i]) * (1 << Bits);
                    values[o * stride + i] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
                }
            }
            return new Weights(first, count, values, stride);
        }

        private static double Bicubic(double x)
        {
            const double a = -0.5;
            x = Math.Abs(x);
            if (x < 1)
                return ((a + 2) * x - (a + 3)) * x * x + 1;
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        }
    }

    private static void Rows(byte[] pixels, int width, int height, byte[] result, int newWidth)
    {
        var weights = Weights.Of(width, newWidth);
        Bands(height, (first, last) => Rows(pixels, width, weights, result, newWidth, first, last));
    }

    private static void Rows(byte[] pixels, int width, Weights weights, byte[] result, int newWidth, int first, int last)
    {
        var wide = new int[8 * width];
        fixed (byte* from = pixels, to = result)
        fixed (int* rows = wide, values = weights.Values)
        {
            for (var y = first; y < last; y += 2)
            {
                // Two rows at a time, pixel beside pixel, each made four integers: one vector holds the three channels of both. The last of an odd number is its own second.
                var second = Math.Min(y + 1, last - 1);
                Widen(from + 3L * y * width, rows, width);
                Widen(from + 3L * second * width, rows + 4, width);
                var (target, other) = ((IntPtr)(to + 3L * y * newWidth), (IntPtr)(to + 3L * second * newWidth));
                for (var x = 0; x < newWidth; x++)
                {
                    var sum = Vector256.Create(1 << (Bits - 1));
                    var input = rows + 8 * weights.First[x];
                    var value = values + x * weights.Stride;
                    for (var i = 0; i < weights.Count[x]; i++)
                        sum += Vector256.Load(input + 8 * i) * value[i];
                    sum >>= Bits;
                    Store(sum.GetLower(), (byte*)target + 3 * x);
                    Store(sum.GetUpper(), (byte*)other + 3 * x);
                }
            }
        }
    }

    private static void Widen(byte* pixels, int* target, int width)
    {
        for (var x = 0; x < width; x++)
            (target[8 * x], target[8 * x + 1], target[8 * x + 2]) = (pixels[3 * x], pixels[3 * x + 1], pixels[3 * x + 2]);
    }

    private static void Store(Vector128<int> sum, byte* target)
    {
        var clipped = Vector128.Min(Vector128.Max(sum, Vector128<int>.Zero), Vector128.Create(255));
        (target[0], target[1], target[2]) = ((byte)clipped[0], (byte)clipped[1], (byte)clipped[2]);
    }

    private static void Columns(byte[] pixels, int width, int height, byte[] result, int newHeight)
    {
        var weights = Weights.Of(height, newHeight);
        Bands(newHeight, (first, last) => Columns(pixels, 3 * width, weights, result, first, last));
    }

    private static void Columns(byte[] pixels, int line, Weights weights, byte[] result, int first, int last)
    {
        var sums = new int[line];
        fixed (byte* from = pixels, to = result)
        fixed (int* sum = sums)
        {
            for (var y = first; y < last; y++)
            {
                sums.AsSpan().Fill(1 << (Bits - 1));
                for (var i = 0; i < weights.Count[y]; i++)
                    Add(sum, from + (long)(weights.First[y] + i) * line, weights.Values[y * weights.Stride + i], line);
                var target = to + (long)y * line;
                for (var x = 0; x < line; x++)
                    target[x] = (byte)Math.Clamp(sum[x] >> Bits, 0, 255);
            }
        }
    }

    /// <summary>Gives each thread some lines that lie together.</summary>
    private static void Bands(int lines, Action<int, int> body) =>
        TorchThreads.For((lines + LinesABand - 1) / LinesABand, 1, band => body(band * LinesABand, Math.Min(lines, (band + 1) * LinesABand)));

    private static void Add(int* sums, byte* row, int weight, int length)
    {
        var x = 0;
        for (; x + 16 <= length; x += 16)
        {
            var (low, high) = Vector128.Widen(Vector128.Load(row + x));
            var (a, b) = Vector256.Widen(Vector256.Create(low, high));
            (Vector256.Load(sums + x) + a.AsInt32() * weight).Store(sums + x);
            (Vector256.Load(sums + x + 8) + b.AsInt32() * weight).Store(sums + x + 8);
        }
        for (; x < length; x++)
            sums[x] += row[x] * weight;
    }
}
