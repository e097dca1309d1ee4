using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Prompts;

namespace SggLab.Training.Servers;

/// <summary>How one kind of server is asked for completions and given new weights.</summary>
internal abstract class ServerProtocol(ServerPool pool, ServerSettings settings)
{
    protected ServerPool Pool { get; } = pool;
    protected ServerSettings Settings { get; } = settings;

    public static ServerProtocol Of(ServerPool pool, ServerSettings settings) => (settings.Kind, settings.Weights) switch
    {
        ("sglang", _) => new SglangProtocol(pool, settings),
        (_, "disk") => new VllmDiskProtocol(pool, settings),
        _ => new VllmAdapterProtocol(pool, settings),
    };

    /// <summary>One completion drawn by these settings, with its tokens and their log-probabilities.</summary>
    /// <param name="version">The weights that are to write it.</param>
    public abstract Task<ServerAnswer> SampleAsync(ExamplePrompt prompt, string picture, SamplingSettings sampling, long seed, string version, CancellationToken cancellation);

    /// <summary>Puts new weights into every address of the server, under a name of their own.</summary>
    /// <param name="folder">A model folder or an adapter folder, as <see cref="ServerSettings.Weights"/> says.</param>
    /// <param name="previous">The version that nobody needs any more.</param>
    public abstract Task LoadAsync(string version, string folder, string? previous, CancellationToken cancellation);

    /// <summary>Asked when the last rollout of a step is there: whether these weights wrote all of them, where the answers do not say so themselves.</summary>
    /// <exception cref="LabException">An address has other weights by now.</exception>
    public virtual Task ConfirmAsync(string version, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The likeliest answer, by the interface that both kinds share with OpenAI.</summary>
    public async Task<ServerAnswer> GreedyAsync(ExamplePrompt prompt, string picture, int maxNewTokens, CancellationToken cancellation)
    {
        // The penalty is given because both would take the one of the model's generation_config.json (1.05 for Qwen2-VL).
        var answer = await Pool.PostAsync("v1/chat/completions",
            new { model = Settings.Model, messages = ChatMessages.Of(prompt, picture), max_tokens = maxNewTokens, temperature = 0, repetition_penalty = 1.0 }, cancellation).ConfigureAwait(false);
        var choice = answer.Member("choices")[0];
        return new ServerAnswer(choice.Member("message").Find("content")?.GetString() ?? "", null, null,
            answer.Find("usage")?.Find("prompt_tokens")?.GetInt32(), answer.Find("model")?.GetString(), choice.Find("finish_reason")?.GetString() == "length");
    }
}

/// <summary>The messages of a prompt in OpenAI's form.</summary>
internal static class ChatMessages
{
    public static object[] Of(ExamplePrompt prompt, string picture) =>
    [
        .. prompt.Messages.Select(message => new
        {
            role = message.Role,
            content = message.Parts.Select(part => part.IsImage ? (object)new { type = "image_url", image_url = new { url = picture } } : new { type = "text", text = part.Text }).ToArray(),
        }),
    ];
}
