using System.Text.Json;
using System.Text.RegularExpressions;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>The shape of a LoRA adapter, as peft's adapter_config.json states it.</summary>
public sealed record LoraSettings
{
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    /// <summary>Rows of A and columns of B.</summary>
    public required int Rank { get; init; }
    /// <summary>The update is scaled by alpha / rank (alpha / sqrt(rank) with <see cref="RankStabilised"/>).</summary>
    public required double Alpha { get; init; }
    /// <summary>Names of layers (q_proj, …) or whole paths; every layer whose path ends with one of them is adapted.</summary>
    public required IReadOnlyList<string> TargetModules { get; init; }
    public bool RankStabilised { get; init; }
    /// <summary>Layers of another rank: a regular expression for the end of their paths, from a point on. The first that fits counts.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];
    /// <summary>Layers of another alpha, likewise.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>What the file calls the model that the adapter was trained on; null where it does not say.</summary>
    public string? BaseModel { get; init; }

    /// <summary>The layers of the language model that LoRA usually adapts.</summary>
    public static IReadOnlyList<string> TextLayers { get; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>Of layers that no pattern names.</summary>
    public double Scale => ScaleOf(Rank, Alpha);

    /// <param name="module">The layer's path as the adapter's own file has it.</param>
    internal LayerShape Of(string module)
    {
        var (rank, alpha) = (First(RankPattern, module, Rank), First(AlphaPattern, module, Alpha));
        return new LayerShape(rank, alpha, ScaleOf(rank, alpha));
    }

    private double ScaleOf(int rank, double alpha) => RankStabilised ? alpha / Math.Sqrt(rank) : alpha / rank;

    // peft, get_pattern_key.
    private static T First<T>(IReadOnlyList<KeyValuePair<string, T>> pattern, string module, T otherwise)
    {
        foreach (var (key, value) in pattern)
        {
            if (Fits(key, module))
                return value;
        }
        return otherwise;
    }

    private static bool Fits(string key, string module)
    {
        try
        {
            return EndOf(key).IsMatch(module);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new LabException($"adapter_config.json: rank_pattern or alpha_pattern has the key '{key}', which takes more than a second to compare with {module}. Write it simpler, or name whole paths.");
        }
    }

    private static Regex EndOf(string key) => new($@"\A(.*\.)?({key})\z", RegexOptions.CultureInvariant, LongestMatch);

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
        if (!IsPlainStart(root))
            throw root.Wrong("init_lora_weights", "true, false or \"gaussian\": other ways to begin may change the base model's weights too, so that the matrices do not fit the ones published. "
                + "Convert the adapter to plain LoRA in peft first (save_pretrained with path_initial_model_for_weight_conversion), or merge it there (merge_and_unload)");
        foreach (var flag in new[] { "use_dora", "use_qalora", "use_bdlora", "use_velora", "lora_bias", "fan_in_fan_out", "ensure_weight_tying" })
            Refuse(root, flag, value => value.ValueKind == JsonValueKind.False);
        foreach (var list in new[] { "modules_to_save", "trainable_token_indices", "target_parameters", "layer_replication", "loftq_config" })
            Refuse(root, list, IsEmpty);
        foreach (var method in new[] { "arrow_config", "alora_invocation_tokens", "corda_config", "eva_config", "kasa_config", "lora_ga_config", "megatron_config", "monteclora_config", "velora_config" })
            Refuse(root, method, _ => false);
        var settings = new LoraSettings
        {
            Rank = root.Size("r"),
            Alpha = double.IsFinite(root.Number("lora_alpha")) ? root.Number("lora_alpha") : throw root.Wrong("lora_alpha", "a number that an f64 holds"),
            TargetModules = root.IsText("target_modules") ? [root.Text("target_modules")] : root.Texts("target_modules"),
            RankStabilised = root.Flag("use_rslora", false),
            BaseModel = root.IsText("base_model_name_or_path") ? root.Text("base_model_name_or_path") : null,
            RankPattern = Pattern(root, "rank_pattern", "a rank of at least 1", value => value.GetInt32() is >= 1 and var rank ? rank : throw new FormatException()),
            AlphaPattern = Pattern(root, "alpha_pattern", "a number that an f64 holds", value => double.IsFinite(value.GetDouble()) ? value.GetDouble() : throw new FormatException()),
        };
        // Which layers are adapted is told by the tensors; dropout and who wrote the file change nothing any more.
        root.Ignore("exclude_modules", "layers_to_transform", "layers_pattern", "lora_dropout", "inference_mode", "task_type", "auto_mapping",
            "base_model_name_or_path", "revision", "peft_version", "megatron_core", "qalora_group_size");
        // A later peft's settings that the adapter does not use.
        root.IgnoreNulls();
        root.Done("so the adapter might compute something else than its matrices say. Remove the key if it means nothing, or merge the adapter in peft first (merge_and_unload).");
        return settings;
    }

    private static bool IsPlainStart(ConfigObject root)
    {
        if (root.Has("init_lora_weights"))
            return root.Value("init_lora_weights", "", value => value.ValueKind is JsonValueKind.True or JsonValueKind.False || value.ValueKind == JsonValueKind.String && value.GetString() == "gaussian");
        root.Ignore("init_lora_weights");
        return true;
    }

    /// <summary>Fails where a setting that plain LoRA does not have is on.</summary>
    private static void Refuse(ConfigObject root, string key, Func<JsonElement, bool> isOff)
    {
        if (root.Has(key) && !root.Value(key, "", isOff))
            throw root.Wrong(key, "nothing (null), since only plain LoRA is read. Merge the adapter in peft first (merge_and_unload) and take the merged model, or train it without this setting");
        root.Ignore(key);
    }

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };

    private static List<KeyValuePair<string, T>> Pattern<T>(ConfigObject root, string key, string each, Func<JsonElement, T> read)
    {
        root.Ignore(key);
        return !root.Has(key) ? [] : root.Value(key, $"an object that gives ends of layers' paths, as regular expressions, {each}", value => value.EnumerateObject().Select(entry =>
        {
            Try(root, key, entry.Name);
            return KeyValuePair.Create(entry.Name, read(entry.Value));
        }).ToList());
    }

    private static void Try(ConfigObject root, string key, string pattern)
    {
        try
        {
            _ = EndOf(pattern);
        }
        catch (ArgumentException e)
        {
            throw root.Wrong(key, $"an object whose keys are regular expressions ('{pattern}': {e.Message})");
        }
    }
}

/// <summary>What one layer's matrices are multiplied with.</summary>
internal readonly record struct LayerShape(int Rank, double Alpha, double Scale);
