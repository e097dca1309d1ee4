using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Datasets.Synthetic;
using SggLab.Modeling;
using SggLab.Training.Optimization;
using SggLab.Training.Prompts;
using TorchSharp;

namespace SggLab.Training.Tests;

/// <summary>
/// The tiny Qwen2-VL of the goldens, taught to write one well-formed answer about every other time: what a random model writes never parses, so that
/// all its rewards are 0 and GRPO has nothing to learn from. Made once a test run.
/// </summary>
internal static class SpeakingModel
{
    private const string Answer = "<think></think><answer>{\"objects\": [], \"relationships\": []}</answer>";
    private static readonly Lazy<string> s_folder = new(Make);

    public static string Folder => s_folder.Value;

    private static string Make()
    {
        // As the runs set it: the same bits in every test run.
        torch.set_num_threads(1);
        var root = Directory.CreateTempSubdirectory("sgglab-speaking-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        SyntheticScenes.Write(Path.Combine(root, "scenes"), 4, seed: 7);
        using var model = Qwen2VLModel.Load(Golden.Folder("qwen", "qwen2-vl-tiny"));
        using var data = ParquetDataset.Open(Path.Combine(root, "scenes"));
        var prompts = new ExamplePrompts(PromptProcessor.Of(model.Folder), Protocol, "synthetic");
        int[] answer = [.. prompts.Tokenizer.Encode(Answer), prompts.Tokenizer.IdOf("<|im_end|>")];
        using var batch = ModelBatch.Of(model, [.. data.Select(example => BatchRow.Of(prompts.ForTraining(example).Prompt, answer))]);
        model.Weights.Train(_ => true);
        using var optimizer = new AdamW(model.Weights.Trained(), 0);
        for (var loss = double.MaxValue; loss > Math.Log(2);)
        {
            using var scope = torch.NewDisposeScope();
            var ofSequence = model.Score(batch).LogProbs.sum().Over(-4);
            ofSequence.backward();
            loss = ofSequence.Number();
            optimizer.Step(2e-3, maxGradNorm: 1);
        }
        model.Save(Path.Combine(root, "model"));
        return Path.Combine(root, "model");
    }

    private static Protocol Protocol { get; } = new()
    {
        Name = "tiny", Prompt = "open", SystemPrompt = "none", MinPixels = 3136, MaxPixels = 12544, MaxNewTokens = 8,
        BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test",
    };
}
