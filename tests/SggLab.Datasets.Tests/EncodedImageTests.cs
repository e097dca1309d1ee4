using System.Buffers.Binary;

namespace SggLab.Datasets.Tests;

public class EncodedImageTests
{
    private static readonly RowOrigin Origin = new("file.parquet", 7);

    [Fact]
    public void A_few_bytes_that_claim_a_huge_picture_are_refused()
    {
        var header = new byte[200];
        "BM"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(2), header.Length);
        header[10] = 54;
        header[14] = 40;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(18), 50_000);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(22), 50_000);
        header[26] = 1;
        header[28] = 24;
        var said = Should.Throw<DatasetException>(() => EncodedImage.FromBytes(header, null, Origin).DecodeRgb());
        (said.File, said.Row, said.Field).ShouldBe(("file.parquet", 7, "image"));
        said.Message.ShouldContain("50000 x 50000");
    }

    [Fact]
    public void A_missing_file_is_named_with_the_row_that_wants_it()
    {
        var said = Should.Throw<DatasetException>(() => EncodedImage.FromFile("/nowhere/1.jpg", Origin).Bytes);
        said.Message.ShouldContain("/nowhere/1.jpg");
        said.Row.ShouldBe(7);
    }

    [Theory]
    [InlineData(0, "PNG", "RGB")]
    [InlineData(2, "JPEG", "L")]
    [InlineData(7, "PNG", "RGBA")]
    [InlineData(8, "PNG", "P")]
    public void Format_and_mode_are_those_of_pillow(int row, string format, string mode)
    {
        using var dataset = ParquetDataset.Open(Golden.File("hf", "vg150_train_sgg_prompt"));
        ImageHeader.Of(dataset[row].Image.Bytes.Span).ShouldBe(new ImageHeader(format, mode));
    }
}
