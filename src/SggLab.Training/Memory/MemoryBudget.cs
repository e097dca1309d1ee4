using System.Globalization;
using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Optimization;

namespace SggLab.Training.Memory;

/// <summary>What one thing takes, in bytes.</summary>
internal sealed record MemoryItem(string Name, double Bytes);

/// <summary>
/// What a run's largest moments take, from sizes alone: weights and optimizer always, then either rollouts (their cache, a prefill) or an update
/// (gradients, activations of a micro-batch, a piece of the logits). The same terms as in docs/training.md.
/// </summary>
/// <param name="Always">There from start to end, on the device.</param>
/// <param name="Rollouts">While completions are written; empty for SFT with no evaluation on the way.</param>
/// <param name="Update">While a step learns; empty for an evaluation.</param>
/// <param name="Host">In host memory beside a GPU.</param>
internal sealed record MemoryBudget(IReadOnlyList<MemoryItem> Always, IReadOnlyList<MemoryItem> Rollouts, IReadOnlyList<MemoryItem> Update, IReadOnlyList<MemoryItem> Host)
{
    /// <summary>What the allocator cannot use between blocks, as a share.</summary>
    private const double Fragments = 0.05;

    /// <summary>Elements of logits that a piece has (see TokenScores), and copies of it that a backward pass holds at once.</summary>
    private const double LogitPiece = 1 << 24, LogitCopies = 4;

    /// <summary>Logits that are drawn from at a time on a GPU, and bytes that sorting and summing them in f64 takes of each (see DeviceSampler).</summary>
    private const double DrawnPiece = 1 << 22, DrawnBytes = 80;

    /// <summary>Rows that are decoded side by side, and prompt tokens that are read at a time (see Decoder).</summary>
    private const int DecodedRows = 256, PrefillTokens = 8192;

    /// <summary>The largest moment on the device.</summary>
    public double Peak => (Sum(Always) + Math.Max(Sum(Rollouts), Sum(Update))) * (1 + Fragments);

    public double HostPeak => Sum(Host);

    /// <param name="promptTokens">Of a prompt with the largest image.</param>
    public static MemoryBudget Of(RunSpec spec, ModelSize size, int promptTokens) => spec switch
    {
        { Sft: { } sft } => OfSft(spec, sft, size, promptTokens),
        { Grpo: { } grpo } => OfGrpo(spec, grpo, size, promptTokens),
        _ => new([new("weights", size.Parameters * Element(spec.Evaluation.Precision))],
            Writing(size, spec.Device, Element(spec.Evaluation.Precision), spec.Evaluation.BatchSize, spec.Evaluation.BatchSize, promptTokens, spec.Protocol.MaxNewTokens, Patches(spec.Protocol.MaxPixels, size)), [], []),
    };

    private static MemoryBudget OfSft(RunSpec spec, SftSettings sft, ModelSize size, int promptTokens)
    {
        var element = Element(sft.Precision);
        var (rows, patches) = (sft.MicroBatchSize ?? sft.BatchSize, Patches(sft.MaxPixels ?? spec.Protocol.MaxPixels, size));
        var tokens = SftTokens(spec, promptTokens);
        // A packed row may be all prompts.
        patches *= sft.Packing ? (double)tokens / promptTokens : 1;
        var update = Learning(size, element, rows, rows, tokens, patches, sft.ActivationCheckpointing, Repeats(spec.Device, element) || sft.Packing);
        // A byte for each token that a token may see, and once for all layers what attention adds to its score, in the weights' type.
        if (sft.Packing)
            update.Add(new("mask", (1 + element) * rows * tokens * tokens));
        return Whole(size, element, sft.OptimizerDevice == "host", spec.Device, extra: null,
            Writing(size, spec.Device, element, spec.Evaluation.BatchSize, spec.Evaluation.BatchSize, promptTokens, spec.Protocol.MaxNewTokens, Patches(spec.Protocol.MaxPixels, size)), update);
    }

    /// <summary>A prompt and an answer of the length that the protocol lets it be at most; most are far shorter.</summary>
    public static int SftTokens(RunSpec spec, int promptTokens) => promptTokens + spec.Protocol.MaxNewTokens;

    private static MemoryBudget OfGrpo(RunSpec spec, GrpoSettings grpo, ModelSize size, int promptTokens)
    {
        var element = Element(grpo.Precision);
        var prompts = (int)(grpo.PromptsPerStep / grpo.KeepTopGroupRatio);
        var rows = grpo.MicroBatchSize ?? grpo.PromptsPerStep * grpo.GroupSize;
        var patches = Patches(grpo.MaxPixels ?? spec.Protocol.MaxPixels, size);
        var images = Math.Max(1, (rows + grpo.GroupSize - 1) / grpo.GroupSize);
        var reference = grpo.Beta > 0 && grpo.Lora is null ? new MemoryItem("reference", size.Parameters * element) : null;
        var writing = grpo.Server is null ? Writing(size, spec.Device, element, prompts * grpo.GroupSize, prompts, promptTokens, grpo.MaxCompletionTokens, patches) : [];
        return Whole(size, element, grpo.OptimizerDevice == "host", spec.Device, reference, writing,
            Learning(size, element, rows, images, promptTokens + grpo.MaxCompletionTokens, patches, grpo.ActivationCheckpointing, Repeats(spec.Device, element)));
    }

    private static MemoryBudget Whole(ModelSize size, double element, bool onHost, string device, MemoryItem? extra, IReadOnlyList<MemoryItem> rollouts, IReadOnlyList<MemoryItem> update)
    {
        var masters = (size.Adapted == 0 && element < 4) || onHost ? 4 : 0;
        var optimizer = new MemoryItem(masters > 0 ? "masters and moments" : "moments", (onHost ? size.OnHost : size.Trained) * (8.0 + masters));
        var piece = Math.Min(AdamW.PieceElements, size.Trained);
        var staging = new MemoryItem("staging", HostStaging.Bytes(piece, size.Adapted > 0 ? 4 : element));
        var apart = onHost && device == "cuda";
        List<MemoryItem> always = [new("weights", size.Parameters * element)];
        if (size.Adapted > 0)
            always.Add(new("adapter", size.Trained * 4.0));
        if (extra is not null)
            always.Add(extra);
        if (!apart)
            always.Add(optimizer);
        if (masters > 0)
            update = [.. update, new("pieces of f32 gradients", piece * 4.0)];
        if (onHost && !apart)
            always.Add(staging);
        return new MemoryBudget(always, rollouts, update, apart ? [optimizer, staging] : []);
    }

    /// <summary>Whether attention gives each head its own keys and values (see FusedSteps).</summary>
    private static bool Repeats(string device, double element) => device == "cuda" && element == 4;

    /// <summary>Gradients, and what the forward pass of a micro-batch keeps for the way back.</summary>
    private static List<MemoryItem> Learning(ModelSize size, double element, int rows, int images, int tokens, double patches, bool checkpointing, bool repeats)
    {
        var (text, vision) = (size.Text, size.Vision);
        var heads = text.Heads * (double)text.HeadDim;
        var kv = text.KvHeads * (double)text.HeadDim;
        // Inputs of both norms and both of their outputs, queries, keys, values, what attention gives; gate, up and their product.
        var ofLayer = (4.0 * text.HiddenSize + 2 * heads + 2 * kv + (repeats ? 2 * heads : 0) + 3.0 * text.IntermediateSize) * element * rows * tokens;
        var kept = checkpointing ? text.Layers * (double)text.HiddenSize * element * rows * tokens + ofLayer : text.Layers * ofLayer;
        var ofBlock = (8.0 * vision.Width + 2.0 * vision.IntermediateSize) * element * patches * images;
        // One layer's output without and with what an adapter adds, which is f32 at first and then of the weights' type.
        var ofAdapter = size.Adapted == 0 ? 0 : ((element < 4 ? 4 : 0) + 3 * element) * Math.Max(text.IntermediateSize, heads) * rows * tokens;
        // Summed in f32; then of the weights' type, until the next gradient takes its place.
        var ofHead = size.Adapted > 0 ? 0 : (4 + (element < 4 ? element : 0)) * text.VocabSize * text.HiddenSize;
        return
        [
            new("gradients", size.Trained * (size.Adapted > 0 ? 4 : element)),
            new("activations", kept + ofAdapter),
            new("images", !size.VisionLearns ? ofBlock : checkpointing ? vision.Depth * (double)vision.Width * element * patches * images + ofBlock : vision.Depth * ofBlock),
            new("logits", LogitCopies * 4 * Math.Min(LogitPiece, (double)rows * tokens * text.VocabSize) + ofHead),
        ];
    }

    /// <summary>The cache of what is written and of what was read, one prefill, and the merged layers of an adapter.</summary>
    private static List<MemoryItem> Writing(ModelSize size, string device, double element, int rows, int prompts, int promptTokens, int newTokens, double patches)
    {
        var (text, vision) = (size.Text, size.Vision);
        var ofToken = text.Layers * 2.0 * text.KvHeads * text.HeadDim * element;
        var (side, alive) = (Math.Min(rows, DecodedRows), Math.Min(prompts, Math.Max(1, prompts * (double)DecodedRows / Math.Max(rows, 1))));
        var read = Math.Min(Math.Max(1, PrefillTokens / promptTokens), prompts);
        var heads = text.Heads * (double)text.HeadDim;
        List<MemoryItem> items =
        [
            new("cache of completions", side * (double)newTokens * ofToken),
            new("cache of prompts", alive * promptTokens * ofToken),
            new("reading", read * promptTokens * (4.0 * text.HiddenSize + (Repeats(device, element) ? 4 : 2) * heads + 3.0 * text.IntermediateSize) * element + read * patches * (6.0 * vision.Width + 2.0 * vision.IntermediateSize) * element),
            new("logits", side * (double)text.VocabSize * element + (device == "cuda" ? Math.Min(DrawnPiece, side * (double)text.VocabSize) * DrawnBytes : side * (double)text.VocabSize * 4)),
        ];
        if (size.Adapted > 0)
            items.Add(new("merged layers", size.Adapted * element));
        return items;
    }

    private static double Patches(int pixels, ModelSize size) => pixels / (double)(size.Vision.PatchSize * size.Vision.PatchSize);

    private static double Element(string precision) => precision == "bfloat16" ? 2 : 4;

    private static double Sum(IReadOnlyList<MemoryItem> items) => items.Sum(item => item.Bytes);

    /// <summary>The largest moment and what it is made of.</summary>
    public string Describe()
    {
        var (first, second) = (("while completions are written", Rollouts), ("while a step learns", Update));
        if (Sum(Update) > Sum(Rollouts))
            (first, second) = (second, first);
        var text = $"{Shown(Peak)} {first.Item1}: {List([.. Always, .. first.Item2])}";
        if (second.Item2.Count > 0)
            text += $"; {second.Item1} {Shown((Sum(Always) + Sum(second.Item2)) * (1 + Fragments))} ({List(second.Item2)})";
        return Host.Count > 0 ? $"{text}; in host memory {Shown(HostPeak)} ({List(Host)})" : text;
    }

    /// <summary>Largest first; what is less than a hundredth of the whole is left out.</summary>
    private static string List(IReadOnlyList<MemoryItem> items) =>
        string.Join(", ", items.Where(item => item.Bytes >= Sum(items) / 100).OrderByDescending(item => item.Bytes).Select(item => $"{item.Name} {Shown(item.Bytes)}"));

    internal static string Shown(double bytes) => bytes >= 0.1 * (1 << 30)
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 30):0.0} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.#} MiB");
}
