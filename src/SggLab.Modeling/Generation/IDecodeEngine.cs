namespace SggLab.Modeling;

/// <summary>A prompt's keys and values, shared by all completions of it.</summary>
internal interface IPrefix : IDisposable
{
    /// <summary>Tokens of the prompt.</summary>
    int Length { get; }
    /// <summary>The position of the first new token.</summary>
    int Next { get; }
    /// <summary>Logits after the prompt's last token.</summary>
    ReadOnlySpan<float> Logits { get; }
}

/// <summary>One completion being written: its own keys and values.</summary>
internal interface IDecodeRow : IDisposable;

/// <summary>
/// Runs the language model token by token. Two kinds exist: one for f32 on the CPU, whose small steps are written here,
/// and one made of libtorch's operators for every other type and device.
/// </summary>
internal interface IDecodeEngine : IDisposable
{
    /// <summary>Takes the weights as they are now.</summary>
    void Refresh();

    /// <summary>Encodes images and reads whole prompts.</summary>
    IReadOnlyList<IPrefix> Read(IReadOnlyList<ProcessedPrompt> prompts);

    /// <summary>Begins a completion of a prompt.</summary>
    IDecodeRow Begin(IPrefix prefix);

    /// <summary>Feeds one token to each row.</summary>
    /// <returns>Logits [rows, vocabulary], valid until the next call.</returns>
    ReadOnlySpan<float> Step(IReadOnlyList<IDecodeRow> rows, ReadOnlySpan<int> tokens);

    /// <summary>Feeds one token to each row and draws its next.</summary>
    /// <exception cref="NotFiniteLogitsException">The logits of a row are no numbers.</exception>
    Draw[] Step(IReadOnlyList<IDecodeRow> rows, ReadOnlySpan<int> tokens, Sampler sampler, IReadOnlyList<Chance> chances) => sampler.Choose(Step(rows, tokens), chances);
}
