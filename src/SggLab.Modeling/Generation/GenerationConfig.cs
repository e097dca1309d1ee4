using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>What generation_config.json says; the ids that end a text are joined with config.json's.</summary>
public sealed record GenerationConfig
{
    /// <summary>The file, for messages.</summary>
    public required string File { get; init; }
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
        // Who wrote the file, how it is computed, what comes with the ids, and lengths, which are given with each prompt.
        root.Ignore("transformers_version", "_from_model_config", "bos_token_id", "pad_token_id", "max_length", "max_new_tokens", "use_cache", "cache_implementation", "cache_config",
            "return_dict_in_generate", "output_scores", "output_logits", "output_attentions", "output_hidden_states", "num_return_sequences", "max_time", "remove_invalid_values", "renormalize_logits",
            "disable_compile", "compile_config", "low_memory", "chat_format", "max_window_size");
        // Of beam search and of drafts, both refused or without effect on what is drawn.
        root.Ignore("length_penalty", "early_stopping", "num_assistant_tokens", "num_assistant_tokens_schedule", "assistant_confidence_threshold", "is_assistant", "prompt_lookup_num_tokens", "max_matching_ngram_size");
        // What would draw other tokens than are drawn here.
        foreach (var none in new[] { "min_p", "top_h", "epsilon_cutoff", "eta_cutoff", "diversity_penalty", "penalty_alpha", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "min_length", "min_new_tokens" })
            root.Only(none, "0", "0.0");
        foreach (var one in new[] { "num_beams", "num_beam_groups", "typical_p", "encoder_repetition_penalty", "guidance_scale" })
            root.Only(one, "1", "1.0");
        foreach (var absent in new[] { "bad_words_ids", "force_words_ids", "constraints", "forced_bos_token_id", "forced_eos_token_id", "suppress_tokens", "begin_suppress_tokens", "forced_decoder_ids",
            "sequence_bias", "exponential_decay_length_penalty", "watermarking_config", "stop_strings", "token_healing", "dola_layers" })
            root.Only(absent, "false", "[]");
        var eos = root.Has("eos_token_id") ? root.IntOrInts("eos_token_id") : [];
        root.Ignore("eos_token_id", "do_sample", "temperature", "top_k", "top_p", "repetition_penalty");
        root.Done("so another text might be drawn than transformers would. Remove the key if it means nothing.");
        return new GenerationConfig
        {
            File = root.File,
            EosIds = [.. eos.Concat(config.EosTokenIds).Distinct()],
            DoSample = root.Flag("do_sample", false),
            Temperature = root.Number("temperature", 1),
            TopK = root.Int("top_k", 50),
            TopP = root.Number("top_p", 1),
            RepetitionPenalty = root.Number("repetition_penalty", 1),
        };
    }

    /// <summary>The folder's own way to generate, where it is not told otherwise.</summary>
    /// <exception cref="LabException">The folder asks to draw at a temperature at which nothing can be drawn.</exception>
    public SamplingSettings Sampling(int maxNewTokens, bool greedy = false, double? temperature = null)
    {
        greedy |= !DoSample && temperature is null;
        if (!greedy && temperature is null && !(Temperature > 0))
            throw new LabException($"{File}: temperature is {Temperature} although do_sample is true, and nothing can be drawn at that temperature. Set do_sample to false there if the likeliest token is meant, else temperature to a number above 0.");
        return new SamplingSettings
        {
            MaxNewTokens = maxNewTokens,
            Greedy = greedy,
            Temperature = temperature ?? (greedy ? 1 : Temperature),
            TopK = TopK,
            TopP = TopP,
            RepetitionPenalty = RepetitionPenalty,
            EosIds = EosIds,
        };
    }
}
