using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SggLab.Modeling;
using static TorchSharp.torch;

namespace SggLab.Cli.Models;

/// <summary>`model init|inspect|convert`: make, look at and rewrite model folders.</summary>
public static class ModelCommands
{
    private const string Unfinished = "no model was made, and what is there of it lies in the folder --out with .part at the end of its name.";

    public static Command Create() => new("model", "Make, look at and convert model folders.") { Init(), Inspect(), Convert() };

    private static LabCommand Init()
    {
        var config = new Option<string>("--config") { Required = true, Description = "A config.json; tokenizer and image settings beside it are taken along." };
        var seed = new Option<long>("--seed") { Required = true, Description = "The same seed gives the same bytes." };
        var tokenizer = new Option<string?>("--tokenizer") { Description = "A model folder whose tokenizer, image and generation settings to take instead, so that the model reads prompts." };
        var output = new Option<string>("--out") { Required = true, Description = "Folder to make." };
        config.MustNotBeEmpty("the path of a config.json");
        output.MustNameAFolder();
        var command = new LabCommand("init", "Make a model with random weights from a configuration.")
        {
            Options = { config, seed, tokenizer, output },
            Examples =
            [
                "./sgglab model init --config config.json --seed 1 --out models/new  # a whole Hugging Face folder",
                "./sgglab model init --config small.json --tokenizer models/qwen --seed 1 --out models/new  # one to train and generate with",
            ],
            Kept = Unfinished,
        };
        command.SetAction(parsed =>
        {
            ModelFolder.RequireNew(parsed.GetValue(output)!);
            var settings = ModelInit.Settings(parsed.GetValue(config)!, parsed.GetValue(tokenizer));
            RoomForModel.Require(settings.Config, parsed.GetValue(config)!, parsed.GetValue(output)!);
            ModelInit.Write(settings.Files, parsed.GetValue(seed), parsed.GetValue(output)!);
            if (Missing(settings) is { Count: > 0 } missing)
                Console.Error.WriteLine($"sgglab: without {string.Join(", ", missing)} the new model reads no prompts. Take them from a model of the same family by --tokenizer DIR.");
            Console.WriteLine(parsed.GetValue(output));
            return 0;
        });
        return command;
    }

    private static LabCommand Inspect()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new LabCommand("inspect", "Say what a model folder holds; fails with a reason if it could not be loaded. Reads headers only.")
        {
            Arguments = { folder },
            Options = { json },
            Examples = ["./sgglab model inspect DIR --json  # family, sizes, parameters, weights"],
        };
        command.SetAction(parsed =>
        {
            using var model = Qwen2VLModel.Inspect(parsed.GetValue(folder)!);
            var missing = Missing(model.Folder);
            var processor = missing.Count == 0 ? PromptProcessor.Of(model.Folder) : null;
            var generation = GenerationConfig.Of(model.Folder);
            if (parsed.GetValue(json))
                Console.WriteLine(Json(model, processor, generation, missing));
            else
                Print(model, processor, missing);
            return 0;
        });
        return command;
    }

    /// <summary>What the folder lacks for prompts; its weights are whole without them.</summary>
    private static List<string> Missing(ModelFolder folder)
    {
        List<string> missing = folder.Files.ContainsKey("tokenizer.json") ? [] : ["tokenizer.json"];
        if (!ImageSettings.AreIn(folder))
            missing.Add("preprocessor_config.json");
        if (!ChatTemplate.IsIn(folder))
            missing.Add("chat_template.json");
        return missing;
    }

    private static string Json(Qwen2VLModel model, PromptProcessor? processor, GenerationConfig generation, List<string> missing) => JsonSerializer.Serialize(new
    {
        family = model.Config.Family.ToString(),
        names = model.Names == NameStyle.Nested ? "nested" : "flat",
        parameters = model.Weights.Count,
        tied = model.Config.TieWordEmbeddings,
        dtype = model.Config.DataType,
        text = model.Config.Text,
        vision = model.Config.Vision,
        tokenizer = processor is null ? null : new { size = processor.Tokenizer.VocabularySize, specials = processor.Tokenizer.Specials },
        image = processor?.Images.Settings,
        eosIds = generation.EosIds,
        missing,
        weights = model.Weights.Names.Select(n => new { name = n, shape = model.Weights[n].shape }),
    }, JsonSerializerOptions.Web);

    private static void Print(Qwen2VLModel model, PromptProcessor? processor, List<string> missing)
    {
        var (text, vision) = (model.Config.Text, model.Config.Vision);
        Line($"{model.Config.Family}, {model.Weights.Count:N0} parameters in {model.Weights.Names.Count} weights ({(model.Config.TieWordEmbeddings ? "tied" : "untied")} head, {model.Config.DataType ?? "float32"} in the folder)");
        Line($"text: {text.Layers} layers, width {text.HiddenSize}, {text.Heads} heads over {text.KvHeads} key-value heads of {text.HeadDim}, MLP {text.IntermediateSize}, vocabulary {text.VocabSize} ({processor?.Tokenizer.VocabularySize.ToString(CultureInfo.InvariantCulture) ?? "unknown"} used), context {text.MaxPositions:N0}");
        Line($"vision: {vision.Depth} blocks, width {vision.Width}, patches of {vision.PatchSize} pixels, {vision.MergeSize * vision.MergeSize} patches a token{Bounds(processor)}");
        if (missing.Count > 0)
            Line($"missing: {string.Join(", ", missing)}; without them the model reads no prompts. Copy them from the model it is like.");

        static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
    }

    private static string Bounds(PromptProcessor? processor) =>
        processor?.Images.Settings is { } image ? string.Create(CultureInfo.InvariantCulture, $", {image.MinPixels:N0} to {image.MaxPixels:N0} pixels") : "";

    private static LabCommand Convert()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder." };
        var output = new Option<string>("--out") { Required = true, Description = "Folder to make." };
        output.MustNameAFolder();
        var type = new Option<string>("--dtype") { DefaultValueFactory = _ => "float32", Description = "float32, bfloat16 or float16." };
        type.AcceptOnlyFromAmong("float32", "bfloat16", "float16");
        var adapter = new Option<string?>("--merge") { Description = "A LoRA adapter in peft's format to add to the weights." };
        adapter.MustNameAFolder();
        var command = new LabCommand("convert", "Write a model folder anew: in one file, in another type, with an adapter merged in.")
        {
            Arguments = { folder },
            Options = { output, type, adapter },
            Examples = ["./sgglab model convert DIR --merge ADAPTER --dtype bfloat16 --out merged  # one folder for other tools"],
            Kept = Unfinished,
        };
        command.SetAction(parsed =>
        {
            ModelFolder.RequireNew(parsed.GetValue(output)!);
            using var model = Qwen2VLModel.Load(parsed.GetValue(folder)!);
            if (parsed.GetValue(adapter) is { } lora)
                GenerateCommands.Adapt(model, lora).Merge();
            model.Save(parsed.GetValue(output)!, parsed.GetValue(type) switch { "bfloat16" => ScalarType.BFloat16, "float16" => ScalarType.Float16, _ => ScalarType.Float32 });
            Console.WriteLine(parsed.GetValue(output));
            return 0;
        });
        return command;
    }
}
