using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>What generation_config.json says; the ids that end a text are joined with config.json's.</summary>
public sealed record GenerationConfig
{
    /// <summary>Ids that end a text.</summary>
    public required int[] EosIds { get; init; }
    /// <summary>Whether the folder asks for drawing rather than for the likeliest token.</summary>
    public required bool DoSample { get; init; }
    public required double Temperature { get; init; }
    public required int TopK { get; init; }
    public required double TopP { get; init; }
    public required double RepetitionPenalty { get; init; }

    public static GenerationConfig Of(ModelFolder folder)
    {
        var file = Path.Combine(folder.Path, "generation_config.json");
        var json = folder.Files.TryGetValue("generation_config.json", out var bytes) ? bytes : "{}"u8.ToArray();
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(ConfigObject.Root(document, file), folder.Config);
        }
        catch (JsonException e)
        {
            throw new LabException($"{file} is not valid JSON: {e.Message}");
        }
    }

    private static GenerationConfig Read(ConfigObject root, ModelConfig config)
    {
        // Settings of ways to generate that are not offered here (beams, assistants, lengths) say nothing about these.
        var eos = root.Has("eos_token_id") ? root.IntOrInts("eos_token_id") : [];
        return new GenerationConfig
        {
            EosIds = [.. eos.Concat(config.EosTokenIds).Distinct()],
            DoSample = root.Flag("do_sample", false),
            Temperature = root.Number("temperature", 1),
            TopK = root.Int("top_k", 50),
            TopP = root.Number("top_p", 1),
            RepetitionPenalty = root.Number("repetition_penalty", 1),
        };
    }

    /// <summary>The folder's own way to generate.</summary>
    public SamplingSettings Sampling(int maxNewTokens) => new()
    {
        MaxNewTokens = maxNewTokens,
        Greedy = !DoSample,
        Temperature = Temperature > 0 ? Temperature : 1,
        TopK = TopK,
        TopP = TopP,
        RepetitionPenalty = RepetitionPenalty,
        EosIds = EosIds,
    };
}
