namespace SggLab.Contracts.Specs;

/// <summary>The protocols of R1-SGG's evaluation (src/sgg_inference_vllm.py): greedy, 2,048 tokens, at most 1024*28*28 pixels.</summary>
public static class NamedProtocols
{
    /// <summary>Models of SFT: the plain system prompt.</summary>
    public const string R1SggSft = "r1sgg-sft";

    /// <summary>Models of RL: the system prompt that asks for think and answer tags.</summary>
    public const string R1SggRl = "r1sgg-rl";

    /// <summary>A protocol by name, or null.</summary>
    /// <param name="dataset">What is ranked, such as vg150.</param>
    public static Protocol? Find(string name, string dataset, string split) => name is R1SggSft or R1SggRl
        ? new Protocol
        {
            Name = name,
            Prompt = "closed",
            SystemPrompt = name == R1SggRl ? "think" : "sft",
            MinPixels = 4 * 28 * 28,
            MaxPixels = 1024 * 28 * 28,
            MaxNewTokens = 2048,
            BoxFrame = "thousand",
            AnswerParser = "reference",
            Dataset = dataset,
            Split = split,
        }
        : null;
}
