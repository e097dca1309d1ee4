using System.Globalization;

namespace SggLab.Datasets.Prompts;

/// <summary>A box frame's extent: ground-truth boxes in [0,1] times this are what the model writes.</summary>
/// <param name="Width">1000 for Qwen2-VL, the resized width in pixels for Qwen2.5-VL.</param>
public readonly record struct BoxScale(double Width, double Height);

/// <summary>Messages and answers as the reference writes them: sft_sgg.py format_data, grpo.py Collator, sgg_inference_vllm.py format_data.</summary>
public static class PromptBuilder
{
    /// <summary>Messages of SFT, the answer last.</summary>
    /// <param name="order">Old indices in new order (see <see cref="SftTarget.Shuffled"/>); null keeps the data set's.</param>
    public static IReadOnlyList<PromptMessage> ForSft(SceneGraphExample example, PromptSettings settings, IReadOnlyList<int>? order = null) =>
        [.. ForTraining(example, settings), new PromptMessage("assistant", SftTarget.Of(example, settings, order))];

    /// <summary>Messages of SFT or RL without an answer: a closed prompt is the data set's column where it has one.</summary>
    public static IReadOnlyList<PromptMessage> ForTraining(SceneGraphExample example, PromptSettings settings)
    {
        var text = settings is { Style: PromptStyle.Closed, Source: not PromptSource.DataSet } && example.PromptClose is { } own ? own : Text(example, settings);
        return Messages(example, settings, text);
    }

    /// <summary>Messages of inference: the reference's own texts, whatever the columns say (unless the source is the data set).</summary>
    public static IReadOnlyList<PromptMessage> ForInference(SceneGraphExample example, PromptSettings settings) => Messages(example, settings, Text(example, settings));

    /// <summary>The frame in which the family writes boxes of this image.</summary>
    public static BoxScale Scale(ImageSize size, PromptSettings settings)
    {
        if (settings.Family == ModelFamily.Qwen2VL) return new BoxScale(1000, 1000);
        var resized = SmartResize.Of(size, settings.ImageFactor, settings.MinPixels, settings.MaxPixels);
        return new BoxScale(resized.Width, resized.Height);
    }

    private static List<PromptMessage> Messages(SceneGraphExample example, PromptSettings settings, string text)
    {
        List<PromptMessage> messages = [];
        if (settings.System != SystemPrompt.None) messages.Add(new PromptMessage("system", settings.System == SystemPrompt.Think ? PromptTexts.ThinkSystem : PromptTexts.PlainSystem));
        messages.Add(new PromptMessage("user", [PromptPart.Image, new PromptPart(Clean(example, settings, text))]));
        return messages;
    }

    private static string Text(SceneGraphExample example, PromptSettings settings) => (settings.Source, settings.Style) switch
    {
        (PromptSource.DataSet, PromptStyle.Open) => example.PromptOpen ?? throw Missing(example, "prompt_open"),
        (PromptSource.DataSet, _) => example.PromptClose ?? throw Missing(example, "prompt_close"),
        (_, PromptStyle.Open) => PromptTexts.Open,
        (PromptSource.Psg, _) => PromptTexts.ClosedPsg,
        _ => PromptTexts.ClosedVg150,
    };

    private static DatasetException Missing(SceneGraphExample example, string column) =>
        example.Origin.Error(column, $"there is no such text, but the prompts are to come from the data set; add the column {column}, or use the prompts of vg150 or psg");

    private static string Clean(SceneGraphExample example, PromptSettings settings, string text)
    {
        if (settings.RemoveImageSize && text.Contains("of size (", StringComparison.Ordinal))
            text = text.Replace(string.Create(CultureInfo.InvariantCulture, $"of size ({example.Width} x {example.Height}) "), "", StringComparison.Ordinal);
        return text.Replace("<answer>", "```json", StringComparison.Ordinal).Replace("</answer>", "```", StringComparison.Ordinal);
    }
}
