using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>A conversation as the model reads it.</summary>
public sealed record ProcessedPrompt
{
    /// <summary>Token ids with every image expanded to its image tokens.</summary>
    public required int[] Ids { get; init; }
    /// <summary>The images in the order of the text.</summary>
    public required IReadOnlyList<ProcessedImage> Images { get; init; }
    /// <summary>What the template rendered.</summary>
    public required string Text { get; init; }
}

/// <summary>Tokenizer, chat template and image processor of one model folder.</summary>
public sealed class PromptProcessor
{
    private readonly ModelConfig _config;

    private PromptProcessor(ModelConfig config, Tokenizer tokenizer, ChatTemplate template, ImageProcessor images)
    {
        _config = config;
        Tokenizer = tokenizer;
        Template = template;
        Images = images;
    }

    public Tokenizer Tokenizer { get; }

    public ChatTemplate Template { get; }

    public ImageProcessor Images { get; }

    /// <exception cref="LabException">A file is missing or damaged, or the tokenizer lacks the special tokens that config.json names.</exception>
    public static PromptProcessor Of(ModelFolder folder) => new(folder.Config, TokenizerOf(folder), ChatTemplate.Of(folder), ImageProcessor.Of(folder));

    /// <summary>Fails where a folder's tokenizer or image settings do not fit its config.json; what is missing is passed over.</summary>
    internal static void CheckFit(ModelFolder folder)
    {
        if (folder.Files.ContainsKey("tokenizer.json"))
            TokenizerOf(folder);
        if (ImageSettings.AreIn(folder))
            ImageProcessor.Of(folder);
    }

    private static Tokenizer TokenizerOf(ModelFolder folder)
    {
        var path = Path.Combine(folder.Path, "tokenizer.json");
        if (!folder.Files.TryGetValue("tokenizer.json", out var json))
            throw new LabException($"{path} is missing: the folder has no tokenizer.");
        var tokenizer = TokenizerFile.Parse(json, path);
        foreach (var (special, id) in new[] { ("<|image_pad|>", folder.Config.ImageTokenId), ("<|vision_start|>", folder.Config.VisionStartTokenId), ("<|vision_end|>", folder.Config.VisionEndTokenId) })
        {
            if (tokenizer.IdOf(special) != id)
                throw new LabException($"{path} gives {special} the id {tokenizer.IdOf(special)}, config.json {id}. They belong to different models.");
        }
        tokenizer.IdOf("<|im_start|>");
        tokenizer.IdOf("<|im_end|>");
        if (tokenizer.VocabularySize > folder.Config.Text.VocabSize)
            throw new LabException($"{path} has ids up to {tokenizer.VocabularySize - 1}, but config.json's vocab_size is {folder.Config.Text.VocabSize}. Raise it, or take the tokenizer that belongs to it.");
        return tokenizer;
    }

    public static PromptProcessor Load(string folder) => Of(ModelFolder.Open(folder));

    /// <param name="messages">Images in them must be processed already (see <see cref="ImageProcessor.Process(RgbImage)"/>).</param>
    /// <param name="addGenerationPrompt">Whether to open the assistant's turn at the end.</param>
    public ProcessedPrompt Process(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = true)
    {
        if (messages.Any(m => m.Parts.Any(p => p is ChatPart.Video)))
            throw new LabException("A message holds a video; only images are read. Give frames of it as images.");
        var text = Template.Render(messages, addGenerationPrompt);
        var images = messages.SelectMany(m => m.Parts).OfType<ChatPart.Image>()
            .Select(p => p.Value ?? throw new LabException("A message holds an image that was not processed.")).ToList();
        return Process(text, images);
    }

    /// <summary>Tokenizes rendered text and expands its image pads, one an image.</summary>
    /// <exception cref="LabException">The text has more or fewer image pads than there are images, or is longer than the context.</exception>
    public ProcessedPrompt Process(string text, IReadOnlyList<ProcessedImage> images)
    {
        var ids = new List<int>();
        var used = 0;
        var video = Tokenizer.Specials.GetValueOrDefault("<|video_pad|>", -1);
        foreach (var id in Tokenizer.Encode(text))
        {
            if (id == video)
                throw new LabException("The text must not contain <|video_pad|>: only images are read.");
            if (id != _config.ImageTokenId)
            {
                ids.Add(id);
                continue;
            }
            if (used == images.Count)
                throw new LabException($"The text holds more image pads than the {images.Count} images given. The text must not contain <|image_pad|> itself.");
            ids.AddRange(Enumerable.Repeat(id, images[used++].Grid.Tokens(_config.Vision.MergeSize)));
        }
        if (used != images.Count)
            throw new LabException($"{images.Count} images were given, but the text has {used} image pads.");
        if (ids.Count > _config.Text.MaxPositions)
            throw new LabException($"The prompt has {ids.Count} tokens; the model's max_position_embeddings is {_config.Text.MaxPositions}. {Shorter(images.Count)}");
        return new ProcessedPrompt { Ids = [.. ids], Images = images, Text = text };
    }

    /// <summary>What to do about a prompt that is too long.</summary>
    internal static string Shorter(int images) => images == 0 ? "Use a shorter text." : "Use smaller images (max_pixels) or a shorter text.";
}
