using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Modeling;
using SggLab.Training;
using static TorchSharp.torch;

namespace SggLab.Cli.Models;

/// <summary>`generate`: a model's answer to a prompt and an image, as it comes.</summary>
public static class GenerateCommands
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var model = new Option<string>("--model") { Required = true, Description = "A model folder." };
        var adapter = new Option<string?>("--adapter") { Description = "A LoRA adapter in peft's format to put on it." };
        var images = new Option<string[]>("--image") { Description = "An image to show; may be given several times." };
        var prompt = new Option<string>("--prompt") { Required = true, Description = "What to ask." };
        var system = new Option<string?>("--system") { Description = "The system prompt, in place of the template's own." };
        var greedy = new Option<bool>("--greedy") { Description = "Take the likeliest token each time." };
        var tokens = new Option<int>("--max-new-tokens") { DefaultValueFactory = _ => 512, Description = "Tokens after which the answer is cut off." };
        var seed = new Option<long>("--seed") { Description = "Draws the same answer again; 0 if not given." };
        var temperature = new Option<double?>("--temperature") { Description = "In place of the model's own." };
        var topK = new Option<int?>("--top-k") { Description = "In place of the model's own; 0 for all tokens." };
        var topP = new Option<double?>("--top-p") { Description = "In place of the model's own." };
        var max = new Option<long?>("--max-pixels") { Description = "Largest area of an image, in place of the model's." };
        var precision = new Option<string>("--precision") { DefaultValueFactory = _ => "float32", Description = "float32 or bfloat16." };
        precision.AcceptOnlyFromAmong("float32", "bfloat16");
        var device = new Option<string>("--device") { DefaultValueFactory = _ => "cpu", Description = "cpu or cuda." };
        device.AcceptOnlyFromAmong("cpu", "cuda");
        var libtorch = new Option<string?>("--libtorch") { Description = "Folder of another libtorch, for GPUs, to use instead of the bundled one." };
        var json = new Option<bool>("--json") { Description = "Print {\"ids\", \"text\", \"finish\"} at the end instead of the text as it comes." };
        temperature.Validators.Add(found =>
        {
            if (found.Tokens is [{ Value: var given }] && double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value == 0)
                found.AddError("--temperature is 0, by which no logit can be divided; for the likeliest token each time say --greedy.");
        });
        model.MustNameAFolder();
        adapter.MustNameAFolder();
        var command = new LabCommand("generate", "Let a model answer a prompt about images.")
        {
            Options = { model, adapter, images, prompt, system, greedy, tokens, seed, temperature, topK, topP, max, precision, device, libtorch, json },
            Examples = ["./sgglab generate --model DIR --image photo.jpg --prompt \"Generate a scene graph.\" --greedy  # the text as it comes"],
            Kept = "nothing is kept but what was printed.",
        };
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            LibtorchFolder.Load(parsed.GetValue(libtorch));
            using var loaded = Load(parsed.GetValue(model)!, parsed.GetValue(precision)!, parsed.GetValue(device)!);
            using var lora = parsed.GetValue(adapter) is { } folder ? Adapt(loaded, folder) : null;
            var own = GenerationConfig.Of(loaded.Folder).Sampling(parsed.GetValue(tokens), parsed.GetValue(greedy), parsed.GetValue(temperature));
            var settings = own with
            {
                TopK = parsed.GetValue(topK) ?? own.TopK,
                TopP = parsed.GetValue(topP) ?? own.TopP,
            };
            settings.Check();
            var drawing = new Option[] { seed, temperature, topK, topP }.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToArray();
            if (drawing.Length > 0 && WhyNotDrawn(parsed.GetValue(greedy), settings, loaded.Folder.Path) is { } why)
                Console.Error.WriteLine($"sgglab: {string.Join(" and ", drawing)} {(drawing.Length == 1 ? "changes" : "change")} nothing: the likeliest token is taken each time, {why}.");
            var ask = Prompt(loaded, parsed.GetValue(images) ?? [], parsed.GetValue(prompt)!, parsed.GetValue(system), parsed.GetValue(max));
            return Answer(loaded, ask.Processor, ask.Prompt, settings, parsed.GetValue(seed), parsed.GetValue(json), cancellation);
        }, CancellationToken.None));
        return command;
    }

    /// <summary>Why nothing is drawn by chance, as users of the published Qwen2-VL folders would not guess: theirs say top_k 1. Null where it is.</summary>
    private static string? WhyNotDrawn(bool greedy, SamplingSettings settings, string folder) =>
        greedy ? "as --greedy asks"
        : settings.Greedy ? $"since {folder}/generation_config.json does not say do_sample; --temperature 1 draws"
        : settings.TopK == 1 ? $"since top_k is 1, {folder}/generation_config.json's own unless --top-k says so; --top-k 0 draws from all tokens"
        : null;

    /// <summary>Puts an adapter on a model and says what it was made for: another model of the same shapes takes it without an error.</summary>
    /// <exception cref="LabException">The folder is no adapter of this model, or one whose sum the model's weights are already.</exception>
    internal static LoraAdapter Adapt(Qwen2VLModel model, string folder)
    {
        var adapter = LoraAdapter.Load(model, folder);
        var (to, made) = (Path.GetFullPath(model.Folder.Path).TrimEnd('/'), adapter.Settings.BaseModel);
        if (made is not null && Directory.Exists(made) && Path.GetFullPath(made).TrimEnd('/') != to && Path.GetDirectoryName(Path.GetFullPath(folder).TrimEnd('/')) == to)
            throw new LabException($"{folder} was trained on {made}, and the weights in {to} hold its sum already. Put it on {made}, or use {to} without it.");
        var isNamed = made is { Length: > 0 } && Path.GetFileName(made.TrimEnd('/')) == Path.GetFileName(to);
        Console.Error.WriteLine($"sgglab: {folder} changes {adapter.Layers.Changed} of the model's {adapter.Layers.All} layers"
            + (isNamed ? "." : $" and was trained on {(made is { Length: > 0 } ? made : "weights that it does not name")}; on other weights it means nothing."));
        return adapter;
    }

    private static Qwen2VLModel Load(string folder, string precision, string device)
    {
        if (device == "cuda" && !cuda.is_available())
            throw new LabException("--device cuda was asked for, but libtorch sees no GPU here. Use a machine with a GPU and the CUDA build (SGGLAB_CUDA=1) or --libtorch, or --device cpu.", exitCode: 3);
        return Qwen2VLModel.Load(folder, precision == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32, device == "cuda" ? CUDA : CPU);
    }

    private static (PromptProcessor Processor, ProcessedPrompt Prompt) Prompt(Qwen2VLModel model, string[] images, string text, string? system, long? maxPixels)
    {
        var processor = PromptProcessor.Of(model.Folder);
        var scaler = processor.Images.With(maxPixels: maxPixels);
        List<ChatPart> parts = [.. images.Select(i => new ChatPart.Image(scaler.Process(RgbImage.Read(i, turn: true)))), new ChatPart.Text(text)];
        List<ChatMessage> messages = system is null ? [] : [new ChatMessage("system", system)];
        messages.Add(new ChatMessage("user", parts));
        return (processor, processor.Process(messages));
    }

    private static int Answer(Qwen2VLModel model, PromptProcessor processor, ProcessedPrompt prompt, SamplingSettings settings, long seed, bool json, CancellationToken cancellation)
    {
        using var decoder = new Modeling.Decoder(model, processor.Tokenizer);
        var streaming = new StreamingText(processor.Tokenizer);
        var answer = decoder.Generate([prompt], 1, settings, (_, _) => seed, json ? null : (_, _, id) => Console.Write(streaming.Add(id)), cancellation: cancellation)[0];
        Console.WriteLine(json
            ? JsonSerializer.Serialize(new { ids = answer.Ids, text = answer.Text, finish = answer.Finish == FinishReason.Stop ? "stop" : "length" }, Json)
            : streaming.Finish());
        return 0;
    }
}
