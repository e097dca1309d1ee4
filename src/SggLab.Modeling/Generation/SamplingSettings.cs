using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>How tokens are chosen. The order is: repetition penalty, temperature, top-k, top-p.</summary>
public sealed record SamplingSettings
{
    /// <summary>Tokens after which a completion is cut off.</summary>
    public required int MaxNewTokens { get; init; }
    /// <summary>Whether to take the likeliest token instead of drawing one.</summary>
    public bool Greedy { get; init; }
    /// <summary>Logits are divided by it before drawing; above 0.</summary>
    public double Temperature { get; init; } = 1;
    /// <summary>How many of the likeliest tokens stay in the draw; 0 for all.</summary>
    public int TopK { get; init; }
    /// <summary>The likeliest tokens stay whose probabilities first reach this sum; 1 for all.</summary>
    public double TopP { get; init; } = 1;
    /// <summary>Divides positive and multiplies negative logits of ids that the prompt or the completion holds; 1 for none.</summary>
    public double RepetitionPenalty { get; init; } = 1;
    /// <summary>Ids that are left out of the choice, such as the image token: a completion that holds one cannot be read again, since no image belongs to it.</summary>
    public IReadOnlyList<int> NeverDrawn { get; init; } = [];
    /// <summary>Whether a completion tells which tokens were left in each of its draws.</summary>
    public bool KeepSets { get; init; }
    /// <summary>Ids that end a completion; null for those that the model's folder names.</summary>
    public IReadOnlyList<int>? EosIds { get; init; }

    /// <exception cref="LabException">A value is out of its range.</exception>
    public void Check()
    {
        if (MaxNewTokens < 1)
            throw new LabException($"max_new_tokens is {MaxNewTokens}; at least 1 is wanted.");
        // Logits divided by less leave f32.
        if (!(Temperature >= 1e-6) || !double.IsFinite(Temperature))
            throw new LabException($"temperature is {Temperature}; a number above 0, and at least 0.000001, is wanted (greedy decoding is a setting of its own).");
        if (TopK < 0)
            throw new LabException($"top_k is {TopK}; 0 (all tokens) or more is wanted.");
        if (!(TopP > 0) || TopP > 1)
            throw new LabException($"top_p is {TopP}; a number above 0 and at most 1 is wanted.");
        if (!(RepetitionPenalty > 0) || !double.IsFinite(RepetitionPenalty))
            throw new LabException($"repetition_penalty is {RepetitionPenalty}; a number above 0 is wanted (1 for none).");
    }
}

/// <summary>Why a completion ended.</summary>
public enum FinishReason
{
    /// <summary>It drew an end of text.</summary>
    Stop,
    /// <summary>It reached the number of new tokens or the end of the context.</summary>
    Length,
}

/// <summary>One text drawn after a prompt.</summary>
public sealed record Completion
{
    /// <summary>Index of the prompt.</summary>
    public required int Prompt { get; init; }
    /// <summary>Which of the prompt's samples this is.</summary>
    public required int Sample { get; init; }
    /// <summary>The seed that draws this completion again, alone or in any batch.</summary>
    public required long Seed { get; init; }
    /// <summary>The ids drawn, with the end of text if it was drawn.</summary>
    public required int[] Ids { get; init; }
    /// <summary>Their text without special tokens.</summary>
    public required string Text { get; init; }
    public required FinishReason Finish { get; init; }
    /// <summary>Log-probability of each id over the whole vocabulary, at the temperature but before penalty and cuts: the policy's own.</summary>
    public required float[] LogProbs { get; init; }
    /// <summary>Log-probability of each id in the distribution it was drawn from, after penalty, top-k and top-p.</summary>
    public required float[] DrawnLogProbs { get; init; }
    /// <summary>The ids that top-k and top-p left in each draw; null unless asked for.</summary>
    public IReadOnlyList<int[]>? Kept { get; init; }
}
