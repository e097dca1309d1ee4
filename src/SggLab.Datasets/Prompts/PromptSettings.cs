namespace SggLab.Datasets.Prompts;

/// <summary>Which model the text is for: the families write boxes in other frames.</summary>
public enum ModelFamily
{
    /// <summary>Boxes in 0..1000 of width and height.</summary>
    Qwen2VL,

    /// <summary>Boxes in pixels of the image as the processor resizes it.</summary>
    Qwen25VL,
}

/// <summary>Whether the prompt lists the categories.</summary>
public enum PromptStyle
{
    Open,
    Closed,
}

/// <summary>Whose prompt texts are used.</summary>
public enum PromptSource
{
    /// <summary>R1-SGG's for VG150. A closed training prompt is the column prompt_close where there is one, as in the reference.</summary>
    Vg150,

    /// <summary>R1-SGG's for PSG, likewise.</summary>
    Psg,

    /// <summary>The data set's own columns prompt_open and prompt_close, in training and in inference: what synthetic scenes need.</summary>
    DataSet,
}

/// <summary>The system message.</summary>
public enum SystemPrompt
{
    /// <summary>"You are a helpful and multimodal AI assistant."</summary>
    Plain,

    /// <summary>The one that asks for think and answer tags.</summary>
    Think,

    /// <summary>No system message of ours. (Qwen2-VL's chat template then puts its own.)</summary>
    None,
}

/// <summary>In which frame the boxes of an SFT target are written.</summary>
public enum TargetFrame
{
    /// <summary>0..1000 for both families, as the reference does.</summary>
    Thousand,

    /// <summary>What the family expects: 0..1000, or for Qwen2.5-VL pixels of the resized image.</summary>
    Family,
}

/// <summary>How examples become messages.</summary>
public sealed record PromptSettings
{
    public required PromptSource Source { get; init; }
    public required PromptStyle Style { get; init; }
    public required SystemPrompt System { get; init; }
    public ModelFamily Family { get; init; } = ModelFamily.Qwen2VL;

    /// <summary>Smallest area in pixels that the image processor accepts.</summary>
    public int MinPixels { get; init; } = 4 * 28 * 28;

    /// <summary>Largest area in pixels that the image processor accepts; the reference takes 1024*28*28 for SFT and inference, 512*28*28 for RL.</summary>
    public int MaxPixels { get; init; } = 1024 * 28 * 28;

    /// <summary>The sides of the resized image are multiples of this: patch times merge of the model's image processor, 32 in Qwen3-VL.</summary>
    public int ImageFactor { get; init; } = 28;

    /// <summary>Frame of SFT targets.</summary>
    public TargetFrame Frame { get; init; } = TargetFrame.Thousand;

    /// <summary>The reference drops "of size (W x H) " where it names exactly the image's size.</summary>
    public bool RemoveImageSize { get; init; } = true;
}
