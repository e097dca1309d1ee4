using SggLab.Contracts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

public sealed class LoraAdapterTests : IDisposable
{
    private static readonly LoraSettings Settings = new() { Rank = 4, Alpha = 8, TargetModules = LoraSettings.TextLayers };

    private readonly string _work = Directory.CreateTempSubdirectory("sgglab-lora-").FullName;
    private readonly Qwen2VLModel _model = Qwen2VLModel.Load(Golden.Model("qwen2-vl-tiny"));

    [Fact]
    public void An_adapter_loaded_and_saved_keeps_its_matrices_names_and_scale()
    {
        using (var adapter = LoraAdapter.Load(_model, Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter")))
            adapter.Save(_work, "base");

        File.ReadAllBytes(Path.Combine(_work, "adapter_model.safetensors")).ShouldBe(File.ReadAllBytes(Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter", "adapter_model.safetensors")));
        using var again = LoraAdapter.Load(_model, _work);
        again.Settings.Scale.ShouldBe(2);
    }

    [Fact]
    public void A_fresh_adapter_changes_nothing_and_depends_on_its_seed_alone()
    {
        using var off = no_grad();
        using var batch = Batch();
        var before = _model.Score(batch).LogProbs;
        byte[] first, second;
        using (var adapter = LoraAdapter.Create(_model, Settings, seed: 3))
        {
            Compare.MaxAbs(_model.Score(batch).LogProbs, before).ShouldBe(0);
            adapter.Tensors.Count.ShouldBe(3 * 7 * 2);
            first = TensorMemory.Copy(adapter.Tensors.Values.First());
        }
        using (var adapter = LoraAdapter.Create(_model, Settings, seed: 3))
            second = TensorMemory.Copy(adapter.Tensors.Values.First());

        second.ShouldBe(first);
    }

    [Fact]
    public void Switched_off_the_model_is_its_own_reference_and_the_decoder_follows()
    {
        using var off = no_grad();
        using var batch = Batch();
        var plain = _model.Score(batch).LogProbs;
        var tokenizer = Tokenizer.Load(Golden.Model("qwen2-vl-tiny"));
        using var decoder = new Decoder(_model, tokenizer);
        var prompt = new ProcessedPrompt { Ids = tokenizer.Encode("person.1 riding"), Images = [], Text = "" };
        int[] Drawn()
        {
            decoder.Refresh();
            return decoder.Generate([prompt], 1, new SamplingSettings { MaxNewTokens = 12, Greedy = true }, (_, _) => 0, cancellation: TestContext.Current.CancellationToken)[0].Ids;
        }
        var withoutAdapter = Drawn();

        using var adapter = LoraAdapter.Load(_model, Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter"));
        Compare.MaxAbs(_model.Score(batch).LogProbs, plain).ShouldBeGreaterThan(.1);
        var withAdapter = Drawn();
        adapter.Enabled = false;
        Compare.MaxAbs(_model.Score(batch).LogProbs, plain).ShouldBe(0);

        withAdapter.ShouldNotBe(withoutAdapter);
        Drawn().ShouldBe(withoutAdapter);
    }

    [Fact]
    public void An_adapter_that_does_not_fit_is_refused_by_name()
    {
        var text = File.ReadAllText(Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter", "adapter_config.json"));
        File.Copy(Path.Combine(Golden.Model("qwen2-vl-tiny"), "adapter", "adapter_model.safetensors"), Path.Combine(_work, "adapter_model.safetensors"));

        Refusal(text.Replace("\"r\": 8", "\"r\": 16", StringComparison.Ordinal)).ShouldContain("rank 16 of this layer asks for");
        Refusal(text.Replace("\"use_dora\": false", "\"use_dora\": true", StringComparison.Ordinal)).ShouldContain("use_dora");
        Should.Throw<LabException>(() => LoraAdapter.Create(_model, Settings with { TargetModules = ["attn.nothing"] }, 1)).Message.ShouldContain("attn.nothing");
        // A refused adapter leaves nothing attached.
        LoraAdapter.Create(_model, Settings, 1).Dispose();
    }

    private string Refusal(string config)
    {
        File.WriteAllText(Path.Combine(_work, "adapter_config.json"), config);
        return Should.Throw<LabException>(() => LoraAdapter.Load(_model, _work)).Message;
    }

    private ModelBatch Batch() => ModelBatch.Of(_model, [new BatchRow { Ids = [5, 6, 7, 8, 9], Images = [], Labels = [5, 6, 7, 8, 9] }]);

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_work, recursive: true);
    }
}
