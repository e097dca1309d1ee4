using SggLab.Modeling;

namespace SggLab.Training.Sft;

/// <summary>A prompt with its answer as one row that teaches.</summary>
internal static class SftRow
{
    /// <summary>Only the answer and the end of its turn teach.</summary>
    public static BatchRow OfAnswer(ProcessedPrompt prompt, string answer, Tokenizer tokenizer) => BatchRow.Of(prompt, [.. tokenizer.Encode(answer), EndOfTurn(tokenizer)]);

    /// <summary>R1-SGG's collator: the whole chat teaches, to the newline by which the template ends a turn, but for the image and the tokens around it.</summary>
    public static BatchRow OfChat(ProcessedPrompt prompt, string answer, Tokenizer tokenizer, ModelConfig config)
    {
        var row = BatchRow.Of(prompt, [.. tokenizer.Encode(answer), EndOfTurn(tokenizer), .. tokenizer.Encode("\n")]);
        int[] silent = [config.ImageTokenId, config.VisionStartTokenId, config.VisionEndTokenId];
        return row with { Labels = [.. row.Ids.Select(id => silent.Contains(id) ? BatchRow.Ignored : id)] };
    }

    private static int EndOfTurn(Tokenizer tokenizer) => tokenizer.IdOf("<|im_end|>");
}
