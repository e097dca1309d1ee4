using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SggLab.Modeling;

namespace SggLab.Training.Tests.Servers;

/// <summary>
/// A real HTTP server over the decoder, speaking as vLLM (chat completions, adapters under names, whole weights in its dev mode) and as SGLang (/generate, weights from disk). It
/// decodes the pictures it is sent, renders the chat itself, and has the faults that a test asks for.
/// </summary>
internal sealed partial class TinyServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _modelFolder;
    private readonly Lock _model = new();
    private readonly Dictionary<string, string> _adapters = [];
    private Qwen2VLModel _weights;
    private int _underWay;

    private TinyServer(string modelFolder)
    {
        _modelFolder = modelFolder;
        _weights = Qwen2VLModel.Load(modelFolder);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(options => options.Limits.MaxRequestBodySize = null);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/chat/completions", context => GuardedAsync(context, Chat));
        _app.MapPost("/v1/load_lora_adapter", context => GuardedAsync(context, LoadAdapter));
        _app.MapPost("/v1/unload_lora_adapter", context => GuardedAsync(context, UnloadAdapter));
        MapDevMode();
        _app.MapPost("/generate", context => GuardedAsync(context, Generate));
        _app.MapPost("/update_weights_from_disk", context => GuardedAsync(context, UpdateWeights));
    }

    public string Url => _app.Urls.First();
    /// <summary>Called with the path of each request, before it is answered.</summary>
    public Action<string> OnRequest { get; set; } = _ => { };
    public int Requests { get; private set; }
    /// <summary>Requests that were under way at once, at most.</summary>
    public int MostUnderWay { get; private set; }
    public IReadOnlyCollection<string> Adapters => _adapters.Keys;
    public string WeightVersion { get; private set; } = "default";

    /// <summary>Asked with each request's number, from 1: the status to refuse it with, or null.</summary>
    public Func<int, int?> Refuse { get; set; } = _ => null;
    /// <summary>Closes the connection of these requests without an answer.</summary>
    public Func<int, bool> HangUp { get; set; } = _ => false;
    public TimeSpan Delay { get; set; }
    /// <summary>Added to every log-probability that is told.</summary>
    public float WrongBy { get; set; }
    /// <summary>What the server says it reads of the prompt, more than it does.</summary>
    public int ExtraPromptTokens { get; set; }
    /// <summary>Goes on answering as this version whatever it is given.</summary>
    public string? StuckAt { get; set; }
    public string? RequiredKey { get; set; }
    /// <summary>Of the model's generation_config.json; Qwen2-VL's has 1.05.</summary>
    public double RepetitionPenalty { get; set; } = 1;

    public static async Task<TinyServer> StartAsync(string modelFolder)
    {
        var server = new TinyServer(modelFolder);
        await server._app.StartAsync();
        return server;
    }

    private async Task GuardedAsync(HttpContext context, Func<JsonElement, (int Status, object Answer)> handle)
    {
        OnRequest(context.Request.Path);
        var number = ++Requests;
        MostUnderWay = Math.Max(MostUnderWay, Interlocked.Increment(ref _underWay));
        try
        {
            if (HangUp(number))
            {
                context.Abort();
                return;
            }
            await Task.Delay(Delay);
            if (Refuse(number) is { } status)
            {
                context.Response.Headers.RetryAfter = "0";
                await Answer(context, status, new { error = "too busy" });
            }
            else if (RequiredKey is not null && context.Request.Headers.Authorization != $"Bearer {RequiredKey}")
                await Answer(context, 401, new { error = "no key" });
            else
            {
                using var body = HttpMethods.IsGet(context.Request.Method) ? null : await JsonDocument.ParseAsync(context.Request.Body);
                var (code, answer) = handle(body?.RootElement ?? default);
                await Answer(context, code, answer);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private static Task Answer(HttpContext context, int status, object answer)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(JsonSerializer.Serialize(answer));
    }

    private (int, object) Chat(JsonElement body)
    {
        var name = body.GetProperty("model").GetString()!;
        if (name != "tiny" && !_adapters.ContainsKey(name))
            return (404, new { error = $"The model {name} does not exist." });
        _running.Wait();
        var greedy = body.GetProperty("temperature").GetDouble() == 0;
        // Both kinds of server fill what is not given from the model's generation_config.json.
        var penalty = body.TryGetProperty("repetition_penalty", out var given) ? given.GetDouble() : RepetitionPenalty;
        var sampling = new SamplingSettings { MaxNewTokens = body.GetProperty("max_tokens").GetInt32(), Greedy = greedy, Temperature = greedy ? 1 : body.GetProperty("temperature").GetDouble(), NeverDrawn = Biased(body), RepetitionPenalty = penalty };
        var processor = PromptProcessor.Load(_modelFolder);
        var messages = body.GetProperty("messages").EnumerateArray().Select(message => new ChatMessage(message.GetProperty("role").GetString()!,
            [.. message.GetProperty("content").EnumerateArray().Select(part => Part(part, processor))])).ToArray();
        var prompt = processor.Process(messages);
        var completion = Write(prompt, sampling, body.TryGetProperty("seed", out var seed) ? seed.GetInt64() : 0, name == "tiny" ? null : _adapters[name]);
        var tokens = prompt.Ids.Length + ExtraPromptTokens;
        return (200, new
        {
            model = StuckAt ?? name,
            prompt_token_ids = Enumerable.Repeat(0, tokens),
            usage = new { prompt_tokens = tokens },
            choices = new[]
            {
                new
                {
                    message = new { content = completion.Text },
                    finish_reason = completion.Finish == FinishReason.Length ? "length" : "stop",
                    token_ids = completion.Ids,
                    logprobs = new { content = completion.LogProbs.Select(value => new { logprob = value + WrongBy }) },
                },
            },
        });
    }

    private static int[] Biased(JsonElement body) => body.TryGetProperty("logit_bias", out var bias) ? [.. bias.EnumerateObject().Select(pair => int.Parse(pair.Name, System.Globalization.CultureInfo.InvariantCulture))] : [];

    private static ChatPart Part(JsonElement part, PromptProcessor processor) => part.GetProperty("type").GetString() == "text"
        ? new ChatPart.Text(part.GetProperty("text").GetString()!)
        : new ChatPart.Image(processor.Images.Process(Picture(part.GetProperty("image_url").GetProperty("url").GetString()!)));

    private static RgbImage Picture(string url) => RgbImage.Decode(Convert.FromBase64String(url["data:image/png;base64,".Length..]), "the picture sent");

    private (int, object) Generate(JsonElement body)
    {
        var processor = PromptProcessor.Load(_modelFolder);
        var prompt = processor.Process(body.GetProperty("text").GetString()!, [.. body.GetProperty("image_data").EnumerateArray().Select(url => processor.Images.Process(Picture(url.GetString()!)))]);
        var parameters = body.GetProperty("sampling_params");
        var completion = Write(prompt, new SamplingSettings { MaxNewTokens = parameters.GetProperty("max_new_tokens").GetInt32(), Temperature = parameters.GetProperty("temperature").GetDouble() }, Requests, null);
        return (200, new
        {
            text = completion.Text,
            meta_info = new
            {
                prompt_tokens = prompt.Ids.Length + ExtraPromptTokens,
                weight_version = WeightVersion,
                finish_reason = new { type = completion.Finish == FinishReason.Length ? "length" : "stop" },
                output_token_logprobs = completion.Ids.Zip(completion.LogProbs, (id, value) => new object?[] { value + WrongBy, id, null }),
            },
        });
    }

    /// <summary>One at a time: a model is used by one thread.</summary>
    private Completion Write(ProcessedPrompt prompt, SamplingSettings sampling, long seed, string? adapterFolder)
    {
        lock (_model)
        {
            using var adapter = adapterFolder is null ? null : LoraAdapter.Load(Writing, adapterFolder);
            using var decoder = new Decoder(Writing, Tokenizer.Load(_modelFolder));
            return decoder.Generate([prompt], 1, sampling, (_, _) => seed).Single();
        }
    }

    private (int, object) LoadAdapter(JsonElement body)
    {
        var folder = body.GetProperty("lora_path").GetString()!;
        if (!Directory.Exists(folder))
            return (404, new { error = $"there is no adapter {folder}" });
        _adapters.Add(body.GetProperty("lora_name").GetString()!, folder);
        return (200, $"Success: {folder} was added.");
    }

    private (int, object) UnloadAdapter(JsonElement body) =>
        _adapters.Remove(body.GetProperty("lora_name").GetString()!) ? (200, "Success") : (404, new { error = "no such adapter" });

    private (int, object) UpdateWeights(JsonElement body)
    {
        var folder = body.GetProperty("model_path").GetString()!;
        if (!Directory.Exists(folder))
            return (200, new { success = false, message = $"{folder} is not here" });
        lock (_model)
        {
            _weights.Dispose();
            _weights = Qwen2VLModel.Load(folder);
            WeightVersion = StuckAt ?? body.GetProperty("weight_version").GetString()!;
        }
        return (200, new { success = true, message = "Succeeded to update model weights." });
    }

    public async ValueTask DisposeAsync()
    {
        _running.Set();
        await _app.DisposeAsync();
        ForgetOldWeights();
        _weights.Dispose();
        _running.Dispose();
    }
}
