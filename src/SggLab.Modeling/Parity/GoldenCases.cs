using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Modeling;

/// <summary>What golden.json says about one case: what went in, as text and images.</summary>
internal sealed record GoldenCase
{
    public required string Name { get; init; }
    /// <summary>Names of input images, one after the other as the rows use them.</summary>
    public required string[] Images { get; init; }
    /// <summary>The rendered conversation of each row, one pad an image.</summary>
    public string[]? Texts { get; init; }
    public List<ChatMessage>[]? Messages { get; init; }
    public string? PaddingSide { get; init; }
    public int? Length { get; init; }
    /// <summary>Smallest and largest logit.</summary>
    public double[]? LogitsRange { get; init; }
    /// <summary>Where the one image is no input but a file of the whole golden folder.</summary>
    public GoldenPhoto? Photo { get; init; }
}

/// <summary>An image with its own bounds, and sums of the patches that it became.</summary>
internal sealed record GoldenPhoto(string File, long MinPixels, long MaxPixels, int? PatchSize, long? ImageTokens, ConfigObject? PixelValues);

/// <summary>golden.json of a model folder.</summary>
internal sealed class GoldenCases
{
    private static readonly string[] Kinds = ["states", "logits"];

    private readonly Dictionary<string, GoldenCase> _cases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _tolerances = new(StringComparer.Ordinal);
    private readonly string _path;

    private GoldenCases(string folder)
    {
        Folder = folder;
        _path = Path.Combine(folder, "golden.json");
    }

    public string Folder { get; }

    /// <summary>The folder's name, which begins the names of its items.</summary>
    public string Name => Path.GetFileName(Folder);

    public IReadOnlyCollection<GoldenCase> All => _cases.Values;

    /// <summary>What golden.json holds that is not compared.</summary>
    public IReadOnlyList<ParityItem> NotCompared { get; private set; } = [];

    /// <exception cref="LabException">The file is missing or malformed, or has a key that is not known.</exception>
    public static GoldenCases Read(string folder)
    {
        var golden = new GoldenCases(folder);
        if (!File.Exists(golden._path))
            throw new LabException($"{golden._path} is missing: the cases of the folder's files are not known.");
        golden.Read(GoldenFile.Read(golden._path));
        return golden;
    }

    private void Read(ConfigObject root)
    {
        var notes = root.NotCompared($"{Name}/golden.json",
            ("model", "a name"), ("versions", "the libraries that wrote the folder"), ("weights_seed", "the reference's own random stream"),
            ("image_processor", "bounds that the inputs were scaled by; their sizes and patches are compared"),
            ("spread_of_logits_max_abs", "the reference against itself"), ("bf16", "the reference against itself")).ToList();
        var cases = root.Object("cases");
        foreach (var name in cases.Keys)
            _cases[name] = Case(name, cases.Object(name));
        if (root.Has("long_prompt"))
            _cases["long_prompt"] = LongPrompt(root.Object("long_prompt"), notes);
        if (root.Has("tolerance"))
        {
            var tolerance = root.Object("tolerance");
            foreach (var kind in Kinds.Where(tolerance.Has))
                _tolerances[kind] = tolerance.Number(kind) is >= 0 and var stated ? stated : throw tolerance.Wrong(kind, "a number of at least 0");
            tolerance.AllCompared();
        }
        root.AllCompared();
        NotCompared = notes;
    }

    private static GoldenCase Case(string name, ConfigObject json)
    {
        var read = new GoldenCase
        {
            Name = name,
            Images = json.Texts("images"),
            Texts = json.Has("texts") ? json.Texts("texts") : null,
            Messages = json.Has("messages") ? json.Value("messages", "a list of conversations", rows => rows.EnumerateArray().Select(ChatMessages.Of).ToArray()) : null,
            PaddingSide = json.Has("padding_side") ? json.Text("padding_side") : null,
            Length = json.Has("length") ? json.Int("length") : null,
            LogitsRange = json.Has("logits_min_max") ? json.Doubles("logits_min_max") : null,
        };
        if (read.LogitsRange is { Length: not 2 })
            throw json.Wrong("logits_min_max", "two numbers");
        if (read.PaddingSide is not (null or "left" or "right"))
            throw json.Wrong("padding_side", "left or right");
        json.AllCompared();
        return read;
    }

    private GoldenCase LongPrompt(ConfigObject json, List<ParityItem> notes)
    {
        notes.AddRange(json.NotCompared($"{Name}/golden.json", ("spread_max_abs", "the reference against itself")));
        var read = new GoldenCase
        {
            Name = "long_prompt",
            Images = [],
            Texts = json.Has("text") ? [json.Text("text")] : null,
            Length = json.Has("length") ? json.Int("length") : null,
            Photo = new GoldenPhoto(json.Text("image_file"), json.Long("min_pixels"), json.Long("max_pixels"), json.Has("patch_size") ? json.Int("patch_size") : null,
                json.Has("image_tokens") ? json.Long("image_tokens") : null, json.Has("pixel_values") ? json.Object("pixel_values") : null),
        };
        json.AllCompared();
        return read;
    }

    public GoldenCase Case(string name, string asker) => _cases.TryGetValue(name, out var found)
        ? found
        : throw new LabException($"{_path} has no case \"{name}\" (of those {string.Join(", ", _cases.Keys)}), which {asker} needs.");

    /// <summary>The case that a file's numbers start from: the usual one, or the first whose forward file fits.</summary>
    public GoldenCase CaseOf(string usual, string asker, Func<SafetensorsFile, bool> fits)
    {
        // A file that brings its own tokens takes only the images of the usual case.
        if (_cases.TryGetValue(usual, out var known) && !File.Exists(ForwardFile(usual)))
            return known;
        foreach (var name in _cases.Keys.OrderByDescending(n => n == usual))
        {
            if (!File.Exists(ForwardFile(name)))
                continue;
            using var forward = SafetensorsFile.Open(ForwardFile(name));
            if (fits(forward))
                return _cases[name];
        }
        throw new LabException($"{Path.Combine(Folder, asker)} starts from a case like {usual}, but no forward_*.safetensors of a case of {_path} has its tokens.");
    }

    public string ForwardFile(string name) => Path.Combine(Folder, $"forward_{name}.safetensors");

    /// <summary>
    /// Two correct implementations differ more the larger a model's states are. golden.json may say by how much, from two runs of the reference:
    /// {"tolerance": {"states": 0.004, "logits": 0.001}}. It is used where it is above parity's own.
    /// </summary>
    /// <param name="kind">states or logits.</param>
    public double Tolerance(string kind, double own) => _tolerances.TryGetValue(kind, out var stated) ? Math.Max(own, stated) : own;

    /// <summary>How many times further off than by parity's own tolerance logits may be; what is computed from them (losses, probabilities, gradients) may be so as well.</summary>
    public double Looser(double ownLogits = ForwardParity.OwnTolerance) => Tolerance("logits", ownLogits) / ownLogits;
}
