using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Servers;

/// <summary>
/// SGLang's own interface: /generate with the rendered prompt, which returns token ids, log-probabilities and the version of the weights;
/// /update_weights_from_disk gives it new ones.
/// </summary>
internal sealed class SglangProtocol(ServerPool pool, ServerSettings settings) : ServerProtocol(pool, settings)
{
    public override async Task<ServerAnswer> SampleAsync(ExamplePrompt prompt, string picture, SamplingSettings sampling, long seed, string version, CancellationToken cancellation)
    {
        // Its seeds only count under --enable-deterministic-inference, and older versions refuse the field.
        var answer = await Pool.PostAsync("generate", new
        {
            text = prompt.Prompt.Text,
            image_data = new[] { picture },
            sampling_params = new
            {
                max_new_tokens = sampling.MaxNewTokens,
                temperature = sampling.Temperature,
                top_p = sampling.TopP,
                top_k = sampling.TopK > 0 ? sampling.TopK : -1,
                stop_token_ids = sampling.EosIds,
            },
            return_logprob = true,
        }, cancellation).ConfigureAwait(false);
        var about = answer.Member("meta_info");
        var tokens = about.Find("output_token_logprobs")?.EnumerateArray().ToArray();
        return new ServerAnswer(answer.Find("text")?.GetString() ?? "", tokens?.Select(token => token[1].GetInt32()).ToArray(), tokens?.Select(token => token[0].GetSingle()).ToArray(),
            about.Find("prompt_tokens")?.GetInt32(), about.Find("weight_version")?.ToString(), Finish(about) == "length");
    }

    public override async Task LoadAsync(string version, string folder, string? previous, CancellationToken cancellation)
    {
        foreach (var answer in await Pool.PostToAllAsync("update_weights_from_disk", new { model_path = folder, weight_version = version }, cancellation).ConfigureAwait(false))
            if (answer.Find("success")?.ValueKind != JsonValueKind.True)
                throw new LabException($"SGLang did not take the weights in {folder}: {answer.Find("message")?.ToString() ?? answer.ToString()}. Does the server see that folder under the same path?");
    }

    private static string? Finish(JsonElement about) =>
        about.Find("finish_reason") is { } reason ? reason.Find("type")?.GetString() ?? (reason.ValueKind == JsonValueKind.String ? reason.GetString() : null) : null;
}
