using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Datasets.Prompts;
using SggLab.Modeling;
using Pictures = SggLab.Modeling.RgbImage;

namespace SggLab.Training.Prompts;

/// <summary>Turns examples into what the model reads, under one protocol: image bounds, system prompt, prompt texts, box frame.</summary>
public sealed class ExamplePrompts
{
    private readonly PromptProcessor _processor;
    private readonly ImageProcessor _images, _trainingImages;
    private readonly PromptSettings _settings, _trainingSettings;
    private readonly bool _inPixels;

    /// <param name="processor">Tokenizer, template and image settings of the model's folder.</param>
    /// <param name="vocabulary">vg150, psg or synthetic: whose prompt texts are used.</param>
    /// <param name="trainingMaxPixels">Largest image area in training; null for the protocol's.</param>
    /// <param name="trainingSystemPrompt">System prompt in training; null for the protocol's.</param>
    public ExamplePrompts(PromptProcessor processor, Protocol protocol, string vocabulary, int? trainingMaxPixels = null, string? trainingSystemPrompt = null)
    {
        _processor = processor;
        _images = processor.Images.With(protocol.MinPixels, protocol.MaxPixels);
        _trainingImages = processor.Images.With(protocol.MinPixels, trainingMaxPixels ?? protocol.MaxPixels);
        _inPixels = protocol.BoxFrame == "pixels";
        _settings = new PromptSettings
        {
            Source = vocabulary switch { "vg150" => PromptSource.Vg150, "psg" => PromptSource.Psg, _ => PromptSource.DataSet },
            Style = protocol.Prompt == "open" ? PromptStyle.Open : PromptStyle.Closed,
            System = SystemOf(protocol.SystemPrompt),
            Family = _inPixels ? Datasets.Prompts.ModelFamily.Qwen25VL : Datasets.Prompts.ModelFamily.Qwen2VL,
            MinPixels = protocol.MinPixels,
            MaxPixels = protocol.MaxPixels,
            ImageFactor = processor.Images.Settings.Factor,
            Frame = TargetFrame.Family,
        };
        _trainingSettings = _settings with { MaxPixels = trainingMaxPixels ?? protocol.MaxPixels, System = SystemOf(trainingSystemPrompt ?? protocol.SystemPrompt) };
    }

    /// <summary>The prompts of a run on a model's folder.</summary>
    public static ExamplePrompts Of(RunSpec spec, ModelFolder folder) =>
        new(PromptProcessor.Of(folder), spec.Protocol, spec.Data.Vocabulary, spec.Sft?.MaxPixels ?? spec.Grpo?.MaxPixels, spec.Grpo?.SystemPrompt);

    public Tokenizer Tokenizer => _processor.Tokenizer;

    /// <summary>The prompt of SFT or GRPO, up to where the assistant answers.</summary>
    public ExamplePrompt ForTraining(SceneGraphExample example) => Prompt(example, PromptBuilder.ForTraining(example, _trainingSettings), _trainingImages);

    /// <summary>The prompt of an evaluation.</summary>
    public ExamplePrompt ForInference(SceneGraphExample example) => Prompt(example, PromptBuilder.ForInference(example, _settings), _images);

    /// <summary>The answer that SFT teaches.</summary>
    /// <param name="inTags">Inside empty think tags and answer tags instead of a ```json block.</param>
    /// <param name="timesSeen">How often the example was drawn before; null never shuffles its objects.</param>
    public string Answer(SceneGraphExample example, bool inTags, int? timesSeen, long seed)
    {
        var order = timesSeen is { } times ? SftTarget.DrawOrder(example.Objects.Count, times, seed) : null;
        var fenced = SftTarget.Of(example, _trainingSettings, order);
        return inTags ? InTags(fenced) : fenced;
    }

    /// <summary>The graph of a ```json block inside the tags that the format reward asks for.</summary>
    public static string InTags(string fenced) => $"<think></think><answer>{fenced["```json\n".Length..^"\n```\n".Length]}</answer>";

    private ExamplePrompt Prompt(SceneGraphExample example, IReadOnlyList<PromptMessage> messages, ImageProcessor images)
    {
        var image = images.Process(PictureOf(example));
        var prompt = Process(example, [.. messages.Select(message => new ChatMessage(message.Role, [.. message.Parts.Select(part => Part(part, image))]))]);
        return new ExamplePrompt(example, prompt, _inPixels ? new BoxScale(image.Width, image.Height) : new BoxScale(1000, 1000))
        {
            Messages = messages,
            Picture = () => images.Resize(PictureOf(example)),
        };
    }

    private static Pictures PictureOf(SceneGraphExample example) =>
        Pictures.Decode(example.Image.Bytes.ToArray(), $"{example.Origin.File}, row {example.Origin.Row}, field 'image'", turn: true);

    private ProcessedPrompt Process(SceneGraphExample example, ChatMessage[] messages)
    {
        try
        {
            return _processor.Process(messages);
        }
        catch (LabException e)
        {
            throw new LabException($"{example.Origin.File}, row {example.Origin.Row}: {e.Message}", e.ExitCode, e);
        }
    }

    private static SystemPrompt SystemOf(string name) => name switch { "sft" => SystemPrompt.Plain, "think" => SystemPrompt.Think, _ => SystemPrompt.None };

    private static ChatPart Part(PromptPart part, ProcessedImage image) => part.IsImage ? new ChatPart.Image(image) : new ChatPart.Text(part.Text!);
}

/// <summary>An example ready for the model.</summary>
/// <param name="Scale">What written boxes are divided by to lie in [0,1].</param>
public sealed record ExamplePrompt(SceneGraphExample Example, ProcessedPrompt Prompt, BoxScale Scale)
{
    /// <summary>The messages that the prompt renders, for servers that render them themselves.</summary>
    public IReadOnlyList<PromptMessage> Messages { get; init; } = [];
    /// <summary>The image scaled as the model reads it; scaled anew each time it is asked for.</summary>
    public Func<Pictures>? Picture { get; init; }
}
