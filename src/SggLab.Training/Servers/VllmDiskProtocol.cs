using System.Net;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Servers;

/// <summary>
/// vLLM (0.27.0 or newer, VLLM_SERVER_DEV_MODE=1) with whole weights: its workers read a model folder in place, and the engine keeps the version's name.
/// A chat completion does not tell that name. It changes only where somebody changes it or the server starts again, and nobody else gives one of this
/// run's names: what holds the name after a step's last rollout has held it since the weights were loaded.
/// </summary>
internal sealed class VllmDiskProtocol(ServerPool pool, ServerSettings settings) : VllmProtocol(pool, settings)
{
    /// <summary>Keys and values of prompts, processed images, and what the vision tower made of them: all of the weights before.</summary>
    private static readonly string[] s_caches = ["reset_prefix_cache", "reset_mm_cache", "reset_encoder_cache"];

    public override async Task<ServerAnswer> SampleAsync(ExamplePrompt prompt, string picture, SamplingSettings sampling, long seed, string version, CancellationToken cancellation) =>
        await SampleAsync(Settings.Model, prompt, picture, sampling, seed, cancellation).ConfigureAwait(false) with { Version = version };

    public override async Task ConfirmAsync(string version, CancellationToken cancellation)
    {
        var answers = await Pool.GetFromAllAsync("weight_info", cancellation).ConfigureAwait(false);
        foreach (var (url, answer) in Settings.Urls.Zip(answers))
            if (answer.Member("weight_version").ToString() is var held && held != version)
                throw new LabException($"{url} has the weights '{held}'; this step is of '{version}'. Was the server started again, or is another trainer using it?");
    }

    public override async Task LoadAsync(string version, string folder, string? previous, CancellationToken cancellation)
    {
        // From here until the weights are whole the server has no policy's name, also where this trainer dies.
        var loading = version + "-loading";
        await NameAsync(loading, cancellation).ConfigureAwait(false);
        try
        {
            // Requests of others finish on the old weights or wait for the new: none is written by both, none holds what a cache has to give up.
            await OrderAsync("pause?mode=wait", new { }, cancellation).ConfigureAwait(false);
            await ReloadAsync(folder, cancellation).ConfigureAwait(false);
            await ConfirmAsync(loading, cancellation).ConfigureAwait(false);
            await NameAsync(version, cancellation).ConfigureAwait(false);
        }
        catch (LabException)
        {
            // The reason to stop is what went wrong first; the others do not have to wait for a run that is over.
            await ((Task)ResumeAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        await ResumeAsync().ConfigureAwait(false);
    }

    private async Task ReloadAsync(string folder, CancellationToken cancellation)
    {
        try
        {
            await OrderAsync("collective_rpc", new { method = "reload_weights", kwargs = new { weights_path = folder, is_checkpoint_format = true } }, cancellation).ConfigureAwait(false);
        }
        catch (ServerRefusal e)
        {
            throw new LabException($"vLLM did not take the weights in {folder}: {e.Message}. Does the server see that folder under the same path?", inner: e);
        }
        foreach (var cache in s_caches)
            if ((await OrderAsync(cache, new { }, cancellation).ConfigureAwait(false)).Any(answer => answer.Find("success")?.ValueKind == JsonValueKind.False))
                throw new LabException($"vLLM could not empty what it keeps of the old weights (/{cache} answered that it has no success). Is another trainer using the server?");
    }

    private Task<IReadOnlyList<JsonElement>> NameAsync(string version, CancellationToken cancellation) => OrderAsync("update_weight_version", new { new_version = version }, cancellation);

    private Task<IReadOnlyList<JsonElement>> ResumeAsync() => OrderAsync("resume", new { }, CancellationToken.None);

    private async Task<IReadOnlyList<JsonElement>> OrderAsync(string path, object body, CancellationToken cancellation)
    {
        try
        {
            return await Pool.PostToAllAsync(path, body, cancellation).ConfigureAwait(false);
        }
        catch (ServerRefusal e) when (e.Status == HttpStatusCode.NotFound)
        {
            throw new LabException($"{e.Message}. Whole weights (grpo.server.weights: disk) need vLLM 0.27.0 or newer, started with VLLM_SERVER_DEV_MODE=1. "
                + "Start it so, or train an adapter (grpo.lora) and give weights: lora.", exitCode: 3, inner: e);
        }
    }
}
