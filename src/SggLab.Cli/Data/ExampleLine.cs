using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SggLab.Datasets;
using SggLab.Datasets.Prompts;
using SggLab.Modeling;
using PromptFamily = SggLab.Datasets.Prompts.ModelFamily;

namespace SggLab.Cli.Data;

/// <summary>One line of `data examples`, as Python would print it, so that numbers compare letter by letter with the reference's.</summary>
internal sealed class ExampleLine(SceneGraphExample example, int row, PromptSource source, PromptFamily? family, bool fullTexts)
{
    // `shuffled` shows one shuffle of the row, drawn as Python's random.Random(ShuffleSeed + row) draws it.
    private const int ShuffleSeed = 1000;
    private const int RlMaxPixels = 512 * 28 * 28;

    private static readonly (string Name, string Text)[] Named =
    [
        ("@open", PromptTexts.Open), ("@close_vg150", PromptTexts.ClosedVg150), ("@close_psg", PromptTexts.ClosedPsg),
        ("@system_rl", PromptTexts.ThinkSystem), ("@system_sft", PromptTexts.PlainSystem),
    ];

    private readonly ChatTemplate _template = new();

    public string Write()
    {
        List<(string, string)> fields =
        [
            ("row", row.ToString(CultureInfo.InvariantCulture)),
            ("image_id", PythonDumps.Text(example.ImageId)),
            ("image", Image()),
            ("objects", example.ObjectsWritten),
            ("relationships", example.RelationshipsWritten),
            ("sft", Sft()),
            ("rl", Rl()),
            ("inference", Inference()),
        ];
        if (source == PromptSource.Vg150) fields.Add(("ovdr", OvdrSplit.Of(example) is { } kept ? Graph(kept) : "null"));
        return Object(fields);
    }

    private string Image()
    {
        var bytes = example.Image.Bytes.Span;
        var header = ImageHeader.Of(bytes);
        var rgb = example.Image.DecodeRgb();
        // Pillow forgets the format of a picture that it has turned.
        var format = example.Image.IsTurned ? null : header.Format;
        return Object(
            ("mode", PythonDumps.Text(header.Mode)),
            ("size", string.Create(CultureInfo.InvariantCulture, $"[{rgb.Width}, {rgb.Height}]")),
            ("rgb_sha256", PythonDumps.Text(Convert.ToHexStringLower(SHA256.HashData(rgb.Pixels)))),
            ("format", format is null ? "null" : PythonDumps.Text(format)));
    }

    private string Sft()
    {
        List<(string, string)> parts = [];
        foreach (var (name, style) in new[] { ("open", PromptStyle.Open), ("close", PromptStyle.Closed) })
        {
            var settings = Settings(style, SystemPrompt.Plain);
            var messages = PromptBuilder.ForSft(example, settings);
            List<(string, string)> fields = [("messages", Messages([.. messages.Take(messages.Count - 1)])), ("target", PythonDumps.Text(messages[^1].Parts[0].Text!)), ("chat_text_sha256", ChatHash(messages, false))];
            if (row == 0) fields.Add(("chat_text", PythonDumps.Text(Chat([.. messages.Select(Abbreviated)], false))));
            parts.Add((name, Object(fields)));
        }
        var order = new PythonRandom(ShuffleSeed + row).Shuffle(example.Objects.Count);
        parts.Add(("shuffled", Object(("order", "[" + string.Join(", ", order) + "]"), ("target", PythonDumps.Text(SftTarget.Of(example, Settings(PromptStyle.Open, SystemPrompt.Plain), order))))));
        return Object(parts);
    }

    private string Rl()
    {
        List<(string, string)> fields = [("solution", RlSolution.Json(example))];
        foreach (var (name, style, system) in new[]
        {
            ("open", PromptStyle.Open, SystemPrompt.Think), ("open_no_think_system", PromptStyle.Open, SystemPrompt.Plain),
            ("close", PromptStyle.Closed, SystemPrompt.Think), ("close_no_think_system", PromptStyle.Closed, SystemPrompt.Plain),
        })
        {
            var messages = PromptBuilder.ForTraining(example, Settings(style, system));
            fields.Add((name, Object(("messages", Messages(messages)), ("chat_text_sha256", ChatHash(messages, true)))));
        }
        fields.Add(("box_scale_qwen2vl", Scale(PromptFamily.Qwen2VL, RlMaxPixels)));
        fields.Add(("box_scale_qwen2.5vl", Scale(PromptFamily.Qwen25VL, RlMaxPixels)));
        if (family is { } asked) fields.Add(("box_scale", Scale(asked, RlMaxPixels)));
        return Object(fields);
    }

    private string Inference()
    {
        List<(string, string)> fields = [];
        foreach (var (name, style, system) in new[]
        {
            ("open", PromptStyle.Open, SystemPrompt.Plain), ("open_think", PromptStyle.Open, SystemPrompt.Think),
            ("close", PromptStyle.Closed, SystemPrompt.Plain), ("close_think", PromptStyle.Closed, SystemPrompt.Think),
        })
            fields.Add((name, Messages(PromptBuilder.ForInference(example, Settings(style, system)))));
        var maxPixels = Settings(PromptStyle.Open, SystemPrompt.Plain).MaxPixels;
        fields.Add(("box_scale_qwen2.5vl", Scale(PromptFamily.Qwen25VL, maxPixels)));
        if (family is { } asked) fields.Add(("box_scale", Scale(asked, maxPixels)));
        return Object(fields);
    }

    private PromptSettings Settings(PromptStyle style, SystemPrompt system) => new() { Source = source, Style = style, System = system };

    private string Scale(PromptFamily of, int maxPixels)
    {
        var scale = PromptBuilder.Scale(example.Image.Size, Settings(PromptStyle.Open, SystemPrompt.Plain) with { Family = of, MaxPixels = maxPixels });
        return of == PromptFamily.Qwen2VL ? "[1000.0, 1000.0]" : $"[{PythonDumps.Whole(scale.Width)}, {PythonDumps.Whole(scale.Height)}]";
    }

    private static string Graph(SceneGraphExample of) => Object(("objects", of.ObjectsWritten), ("relationships", of.RelationshipsWritten));

    private string Messages(IReadOnlyList<PromptMessage> messages) => "[" + string.Join(", ", messages.Select(message => Message(fullTexts ? message : Abbreviated(message)))) + "]";

    private static string Message(PromptMessage message) => Object(
        ("role", PythonDumps.Text(message.Role)),
        ("content", message.Role == "system"
            ? PythonDumps.Text(message.Parts[0].Text!)
            : "[" + string.Join(", ", message.Parts.Select(part => part.IsImage ? "{\"type\": \"image\"}" : Object(("type", "\"text\""), ("text", PythonDumps.Text(part.Text!))))) + "]"));

    private static PromptMessage Abbreviated(PromptMessage message) => message with
    {
        Parts = [.. message.Parts.Select(part => Named.FirstOrDefault(named => named.Text == part.Text).Name is { } name ? new PromptPart(name) : part)],
    };

    private string ChatHash(IReadOnlyList<PromptMessage> messages, bool generate) =>
        PythonDumps.Text(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Chat(messages, generate)))));

    private string Chat(IReadOnlyList<PromptMessage> messages, bool generate) => _template.Render(
        [.. messages.Select(message => new ChatMessage(message.Role, [.. message.Parts.Select(part => part.IsImage ? (ChatPart)new ChatPart.Image(null) : new ChatPart.Text(part.Text!))]))], generate);

    private static string Object(params IEnumerable<(string Name, string Json)> fields) => "{" + string.Join(", ", fields.Select(field => PythonDumps.Text(field.Name) + ": " + field.Json)) + "}";
}
