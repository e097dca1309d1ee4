using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Servers;

/// <summary>
/// vLLM with new weights as a LoRA adapter under a name of its own (VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, --enable-lora). The answer names the
/// adapter that wrote it.
/// </summary>
internal sealed class VllmAdapterProtocol(ServerPool pool, ServerSettings settings) : VllmProtocol(pool, settings)
{
    public override Task<ServerAnswer> SampleAsync(ExamplePrompt prompt, string picture, SamplingSettings sampling, long seed, string version, CancellationToken cancellation) =>
        SampleAsync(version, prompt, picture, sampling, seed, cancellation);

    public override async Task LoadAsync(string version, string folder, string? previous, CancellationToken cancellation)
    {
        await Pool.PostToAllAsync("v1/load_lora_adapter", new { lora_name = version, lora_path = folder }, cancellation).ConfigureAwait(false);
        if (previous is not null)
            await Pool.PostToAllAsync("v1/unload_lora_adapter", new { lora_name = previous }, cancellation).ConfigureAwait(false);
    }
}
