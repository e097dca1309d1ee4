using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>The shape of a LoRA adapter, as peft's adapter_config.json states it.</summary>
public sealed record LoraSettings
{
    /// <summary>Rows of A and columns of B.</summary>
    public required int Rank { get; init; }
    /// <summary>The update is scaled by alpha / rank (alpha / sqrt(rank) with <see cref="RankStabilised"/>).</summary>
    public required double Alpha { get; init; }
    /// <summary>Names of layers (q_proj, …) or whole paths; every layer whose path ends with one of them is adapted.</summary>
    public required IReadOnlyList<string> TargetModules { get; init; }
    public bool RankStabilised { get; init; }

    /// <summary>The layers of the language model that LoRA usually adapts.</summary>
    public static IReadOnlyList<string> TextLayers { get; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    public double Scale => RankStabilised ? Alpha / Math.Sqrt(Rank) : Alpha / Rank;

    /// <exception cref="LabException">The file asks for something other than plain LoRA.</exception>
    public static LoraSettings Parse(byte[] json, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(ConfigObject.Root(document, file));
        }
        catch (JsonException e)
        {
            throw new LabException($"{file} is not valid JSON: {e.Message}");
        }
    }

    private static LoraSettings Read(ConfigObject root)
    {
        root.Only("peft_type", "LORA");
        root.Only("bias", "none");
        foreach (var kind in new[] { "use_dora", "use_qalora", "use_bdlora", "lora_bias", "fan_in_fan_out", "ensure_weight_tying" })
            root.Only(kind, "false");
        foreach (var pattern in new[] { "alpha_pattern", "rank_pattern", "loftq_config" })
            root.Only(pattern, "{}");
        foreach (var absent in new[] { "modules_to_save", "layer_replication", "trainable_token_indices", "target_parameters", "arrow_config", "alora_invocation_tokens", "use_velora" })
            root.Only(absent, "false");
        return new LoraSettings
        {
            Rank = root.Size("r"),
            Alpha = double.IsFinite(root.Number("lora_alpha")) ? root.Number("lora_alpha") : throw root.Wrong("lora_alpha", "a number that an f64 holds"),
            TargetModules = root.IsText("target_modules") ? [root.Text("target_modules")] : root.Texts("target_modules"),
            RankStabilised = root.Flag("use_rslora", false),
        };
        // Which layers are adapted is told by the tensors; how A began, dropout and who wrote the file change nothing any more.
    }
}
