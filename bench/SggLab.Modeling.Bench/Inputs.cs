namespace SggLab.Modeling.Bench;

/// <summary>Random ids with one image at the start between its two marks, drawn from a fixed seed.</summary>
internal sealed class Inputs(Qwen2VLModel model)
{
    private readonly ImageProcessor _images = PromptProcessor.Of(model.Folder).Images;
    private readonly Random _random = new(7);

    /// <summary>Rows whose every token is scored.</summary>
    public BatchRow[] Rows(int count, int length, int side) => [.. Prompts(count, length, side).Select(p => new BatchRow { Ids = p.Ids, Images = p.Images, Labels = p.Ids })];

    public ProcessedPrompt[] Prompts(int count, int length, int side) => [.. Enumerable.Range(0, count).Select(_ => Prompt(length, side))];

    private ProcessedPrompt Prompt(int length, int side)
    {
        var image = _images.Process(Image(side, side));
        var config = model.Config;
        int[] start = [config.VisionStartTokenId, .. Enumerable.Repeat(config.ImageTokenId, image.Grid.Tokens(config.Vision.MergeSize)), config.VisionEndTokenId];
        return new ProcessedPrompt { Ids = [.. start, .. Enumerable.Range(0, length - start.Length).Select(_ => _random.Next(1400))], Images = [image], Text = "" };
    }

    public RgbImage Image(int width, int height)
    {
        var pixels = new byte[3 * width * height];
        _random.NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }
}
