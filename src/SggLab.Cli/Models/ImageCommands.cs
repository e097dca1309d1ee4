using System.CommandLine;
using SggLab.Modeling;
using static TorchSharp.torch;

namespace SggLab.Cli.Models;

/// <summary>`image preprocess`: an image as the model reads it.</summary>
public static class ImageCommands
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Required = true, Description = "A model folder; its image settings say how." };
        var image = new Option<string>("--image") { Required = true, Description = "PNG, JPEG, WebP, GIF or BMP." };
        var output = new Option<string>("--out") { Required = true, Description = "Safetensors file to write: pixel_values and image_grid_thw." };
        output.MustNameAFile();
        var min = new Option<long?>("--min-pixels") { Description = "Smallest area, in place of the model's." };
        var max = new Option<long?>("--max-pixels") { Description = "Largest area, in place of the model's." };
        var turn = new Option<bool>("--exif") { Description = "Turn the image as its EXIF orientation says, as the datasets library does." };
        var preprocess = new LabCommand("preprocess", "Scale, normalise and cut an image into patches, and write them to a file.")
        {
            Options = { model, image, output, min, max, turn },
            Examples = ["./sgglab image preprocess --model DIR --image photo.jpg --out photo.safetensors  # pixel_values, image_grid_thw"],
        };
        preprocess.SetAction(parsed =>
        {
            var processor = ImageProcessor.Of(ModelFolder.Open(parsed.GetValue(model)!)).With(parsed.GetValue(min), parsed.GetValue(max));
            var processed = processor.Process(RgbImage.Read(parsed.GetValue(image)!, parsed.GetValue(turn)));
            Write(processed, parsed.GetValue(output)!);
            var tokens = processed.Grid.Tokens(processor.Settings.MergeSize);
            Console.WriteLine($"{processed.Width} x {processed.Height} pixels, {processed.Grid.Patches} patches, {tokens} {(tokens == 1 ? "token" : "tokens")}: {parsed.GetValue(output)}");
            return 0;
        });
        return new Command("image", "Look at what a model's image processor does.") { preprocess };
    }

    private static void Write(ProcessedImage image, string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(file, new Dictionary<string, Tensor>
        {
            ["pixel_values"] = tensor(image.Pixels, [image.Grid.Patches, image.PatchValues]),
            ["image_grid_thw"] = tensor(new long[] { image.Grid.Frames, image.Grid.Height, image.Grid.Width }, [1, 3]),
        });
    }
}
