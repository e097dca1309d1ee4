using SggLab.Contracts;
using static TorchSharp.torch;

// Shapes: B rows, T tokens, D hidden, V vocabulary rows, N scored tokens, M image tokens.
namespace SggLab.Modeling;

/// <summary>
/// A model of the Qwen2-VL family (Qwen2-VL, Qwen2.5-VL, Qwen3-VL) as a Hugging Face folder holds it: the weights, and
/// the forward pass that can be trained. Text is produced by <see cref="Decoder"/>.
/// </summary>
/// <remarks>One model is used by one thread at a time.</remarks>
public sealed class Qwen2VLModel : IDisposable
{
    internal readonly VisionTower visual;
    internal readonly TextModel language_model;

    internal Qwen2VLModel(ModelFolder folder, NameStyle names, ScalarType type, Device device)
    {
        KeptMemory.Keep();
        Folder = folder;
        Config = folder.Config;
        Names = names;
        Weights = new WeightSet(type, device);
        using var scope = NewDisposeScope();
        visual = VisionTower.Of(Config.Family, Config.Vision, Weights, names == NameStyle.Nested ? "model.visual." : "visual.");
        language_model = new TextModel(Config.Text, Config.TieWordEmbeddings, Weights, names == NameStyle.Nested ? "model.language_model." : "model.");
    }

    public ModelConfig Config { get; }

    /// <summary>The files of the folder beside the weights.</summary>
    public ModelFolder Folder { get; }

    /// <summary>How the weights are named.</summary>
    public NameStyle Names { get; }

    /// <summary>The weights by their checkpoint names. None asks for gradients until <see cref="WeightSet.Train"/> is called.</summary>
    public WeightSet Weights { get; }

    /// <summary>Opens a Hugging Face folder.</summary>
    /// <param name="folder">Holds config.json and model.safetensors, or its shards with an index.</param>
    /// <param name="type">What the weights become in memory; f32 by default, whatever the file has.</param>
    /// <exception cref="LabException">A file is missing, damaged, or does not fit the configuration.</exception>
    public static Qwen2VLModel Load(string folder, ScalarType type = ScalarType.Float32, Device? device = null)
    {
        var files = ModelFolder.Open(folder);
        using var weights = FolderWeights.Open(folder);
        weights.CheckDepth(files.Config, folder);
        using (var shapes = new Qwen2VLModel(files, weights.Names, ScalarType.BFloat16, META))
            weights.Check(shapes); // Before memory is taken for what the configuration asks.
        var model = new Qwen2VLModel(files, weights.Names, type, device ?? CPU);
        try
        {
            weights.ReadInto(model);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Checks a folder as loading it would, but leaves the weights on disk: shapes can be looked at, nothing can be computed.</summary>
    public static Qwen2VLModel Inspect(string folder)
    {
        var files = ModelFolder.Open(folder);
        using var weights = FolderWeights.Open(folder);
        weights.CheckDepth(files.Config, folder);
        var model = new Qwen2VLModel(files, weights.Names, ScalarType.BFloat16, META);
        try
        {
            weights.Check(model);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes the whole folder: weights as they are now, with the update of an adapter that is enabled, and every other file as it was loaded. The bytes depend on nothing
    /// else. The folder appears under its name only when it is whole.
    /// </summary>
    /// <param name="type">The type to write; what the weights are in memory by default.</param>
    public void Save(string folder, ScalarType? type = null) => Folder.Write(folder, this, type ?? Weights.Type);

    /// <summary>States after the final norm, [B,T,D]. Differentiable unless gradients are off.</summary>
    /// <param name="checkpointing">Whether to keep only the input of each layer and vision block and compute the rest again on the way back: less memory, a third more work.</param>
    public Tensor Hidden(ModelBatch batch, bool checkpointing = false, ForwardTrace? trace = null) => Hidden(batch, null, checkpointing, trace);

    /// <param name="keep">Given each layer's turned keys and values [B,T,K,d].</param>
    internal Tensor Hidden(ModelBatch batch, Action<Tensor, Tensor>? keep, bool checkpointing = false, ForwardTrace? trace = null)
    {
        var x_BTD = language_model.embed_tokens.index_select(0, batch.InputIds.flatten()).view(batch.Rows, batch.Length, Config.Text.HiddenSize);
        IReadOnlyList<Tensor> deepstack = [];
        if (batch.Pixels is not null)
        {
            var vision = visual.forward(batch.Pixels, batch.Grids, trace, checkpointing);
            x_BTD = Place(x_BTD, vision.Tokens, batch);
            deepstack = vision.Deepstack;
        }
        trace?.Add("inputs_embeds_merged", x_BTD);
        var rope = language_model.Rope(batch.Positions, x_BTD.dtype);
        rope.Trace(trace, "text_rope");
        var mask = batch.Mask is null ? null : FusedSteps.Mask(batch.Mask, x_BTD.dtype);
        for (var i = 0; i < language_model.layers.Length; i++)
        {
            var layer = language_model.layers[i];
            x_BTD = checkpointing ? LayerCheckpoint.Run(x => layer.forward(x, rope, mask), x_BTD) : layer.forward(x_BTD, rope, mask, keep);
            trace?.Add($"hidden_after_layer_{i}", x_BTD);
            if (i < deepstack.Count)
                x_BTD = Add(x_BTD, deepstack[i], batch);
        }
        x_BTD = language_model.norm.forward(x_BTD);
        trace?.Add("hidden_after_final_norm", x_BTD);
        return x_BTD;
    }

    /// <summary>Puts image features where the image tokens stand.</summary>
    private static Tensor Place(Tensor x_BTD, Tensor features_MD, ModelBatch batch)
    {
        var sources = batch.ImageSources is null ? features_MD : features_MD.index_select(0, batch.ImageSources);
        return x_BTD.flatten(0, 1).index_copy(0, batch.ImagePlaces!, sources).view(x_BTD.shape);
    }

    private static Tensor Add(Tensor x_BTD, Tensor features_MD, ModelBatch batch)
    {
        var sources = batch.ImageSources is null ? features_MD : features_MD.index_select(0, batch.ImageSources);
        return x_BTD.flatten(0, 1).index_add(0, batch.ImagePlaces!, sources, TensorArithmetic.One).view(x_BTD.shape);
    }

    /// <summary>Logits [..., V] of states after the final norm. For a few tokens: whole batches go through <see cref="Score(ModelBatch, double, bool, bool, int)"/>.</summary>
    public Tensor Logits(Tensor hidden) => nn.functional.linear(hidden, language_model.lm_head);

    /// <summary>Rates the labelled tokens of a batch, row after row.</summary>
    /// <param name="temperature">Logits are divided by it first.</param>
    /// <param name="entropies">Whether to compute the entropies too.</param>
    /// <param name="chunk">Tokens that pass the head at a time, or 0 for as many as keep their logits below 64 MB.</param>
    /// <param name="kept">Ids [N,K], i64: each token is rated among these alone, of which it is one; an id may be repeated. Null for the whole vocabulary.</param>
    public TokenScores Score(ModelBatch batch, double temperature = 1, bool entropies = false, bool checkpointing = false, int chunk = 0, Tensor? kept = null)
    {
        var hidden_ND = Hidden(batch, checkpointing).flatten(0, 1).index_select(0, batch.ScoredPlaces);
        return Score(hidden_ND, batch.Labels, temperature, entropies, chunk, kept);
    }

    /// <summary>Rates given tokens from the states that predict them.</summary>
    public TokenScores Score(Tensor hidden_ND, Tensor labels_N, double temperature = 1, bool entropies = false, int chunk = 0, Tensor? kept = null) =>
        TokenScores.Of(hidden_ND, language_model.lm_head, labels_N, temperature, entropies, chunk, kept);

    public void Dispose() => Weights.Dispose();
}
