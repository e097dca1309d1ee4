namespace SggLab.Contracts.Specs;

/// <summary>An OpenAI-compatible server (vLLM, SGLang) that writes completions in place of the decoder in the trainer's process.</summary>
public sealed record ServerSettings
{
    /// <summary>vllm or sglang: how tokens, log-probabilities and new weights are asked for.</summary>
    public required string Kind { get; init; }
    /// <summary>Addresses such as http://gpu-1:8000, without /v1; requests go to the one with the fewest under way.</summary>
    public required IReadOnlyList<string> Urls { get; init; }
    /// <summary>The name under which the server serves the model.</summary>
    public required string Model { get; init; }
    /// <summary>Requests under way at each address; the rest wait here.</summary>
    public int Concurrency { get; init; } = 32;
    /// <summary>Seconds until a request counts as lost.</summary>
    public int TimeoutSeconds { get; init; } = 600;
    /// <summary>Attempts after the first of a request that was lost, or that the server was too busy for.</summary>
    public int Retries { get; init; } = 5;
    /// <summary>File with the key that is sent as a bearer token.</summary>
    public string? ApiKeyFile { get; init; }
    /// <summary>How new weights reach the server of a grpo run: disk (it reads a model folder; with a LoRA run that of the sum) or lora (vLLM reads an adapter folder).</summary>
    public string? Weights { get; init; }
    /// <summary>Folder that trainer and server both see, where new weights are put.</summary>
    public string? WeightsFolder { get; init; }
    /// <summary>Largest mean difference between the server's and the trainer's log-probability of a token, in nats; above it the run stops.</summary>
    public double GapTolerance { get; init; } = 0.1;
}
