using System.Globalization;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Servers;

/// <summary>
/// vLLM (0.10.2 or newer, for return_token_ids): chat completions with token ids and log-probabilities. The answer names the model that was asked,
/// which is an adapter's own name or the name under which whole weights are served whatever they are.
/// </summary>
internal abstract class VllmProtocol(ServerPool pool, ServerSettings settings) : ServerProtocol(pool, settings)
{
    /// <param name="model">The name to ask for.</param>
    protected async Task<ServerAnswer> SampleAsync(string model, ExamplePrompt prompt, string picture, SamplingSettings sampling, long seed, CancellationToken cancellation)
    {
        var answer = await Pool.PostAsync("v1/chat/completions", new
        {
            model,
            messages = ChatMessages.Of(prompt, picture),
            max_tokens = sampling.MaxNewTokens,
            temperature = sampling.Temperature,
            top_p = sampling.TopP,
            top_k = sampling.TopK > 0 ? sampling.TopK : -1,
            // Left out, it would be the one of the model's generation_config.json, and the log-probabilities would not tell.
            repetition_penalty = 1.0,
            seed = seed & long.MaxValue,
            stop_token_ids = sampling.EosIds,
            logit_bias = sampling.NeverDrawn.ToDictionary(id => id.ToString(CultureInfo.InvariantCulture), _ => -100),
            logprobs = true,
            return_token_ids = true,
        }, cancellation).ConfigureAwait(false);
        var choice = answer.Member("choices")[0];
        var ids = choice.Find("token_ids")?.EnumerateArray().Select(id => id.GetInt32()).ToArray();
        var logProbs = choice.Find("logprobs")?.Find("content")?.EnumerateArray().Select(token => token.Member("logprob").GetSingle()).ToArray();
        var promptTokens = answer.Find("prompt_token_ids")?.GetArrayLength() ?? answer.Find("usage")?.Find("prompt_tokens")?.GetInt32();
        return new ServerAnswer(choice.Member("message").Find("content")?.GetString() ?? "", ids, logProbs, promptTokens, answer.Find("model")?.GetString(),
            choice.Find("finish_reason")?.GetString() == "length");
    }
}
