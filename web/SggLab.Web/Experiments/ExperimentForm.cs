using System.Globalization;
using System.Text.RegularExpressions;
using SggLab.Contracts.Specs;

namespace SggLab.Web.Experiments;

/// <summary>
/// The form that makes an experiment out of few fields: as they are typed, so that what cannot be read stays on the screen with its message.
/// It begins with what a new site can train at once: SFT, then GRPO, of the demo's model on its synthetic scenes. Settings that the form does not ask are
/// the demo's on synthetic scenes, so that the runs rank beside its own, and the paper's on the published data sets.
/// </summary>
public sealed partial class ExperimentForm
{
    public const string Scripted = "scripted", Sft = "sft", Grpo = "grpo", SftThenGrpo = "sft_grpo";

    private const string Synthetic = "synthetic";
    private string _vocabulary = Synthetic;

    /// <summary>The form with the model and data of the demo that `./sgglab up` wrote, where they are there.</summary>
    public static ExperimentForm OnDemo(string folder)
    {
        var sources = Directory.Exists(Path.Combine(folder, "base"))
            ? new Sources(Path.Combine(folder, "base"), Path.Combine(folder, "data", "train"), Path.Combine(folder, "data", "test")) : Sources.None;
        return new ExperimentForm { _demo = sources, ModelFolder = sources.Model, TrainData = sources.Train, TestData = sources.Test };
    }

    private sealed record Sources(string Model, string Train, string Test)
    {
        public static Sources None { get; } = new("", "", "");
    }

    private Sources _demo = Sources.None;

    public string Name { get; set; } = "";
    public string Note { get; set; } = "";
    /// <summary>scripted, sft, grpo or sft_grpo (one SFT run, then GRPO from its last checkpoint).</summary>
    public string Method { get; set; } = SftThenGrpo;
    public HashSet<string> Variants { get; } = ["hard_recall", "hard_recall_relax", "soft_recall"];
    public string Seeds { get; set; } = "1";
    public string ModelFolder { get; set; } = "";
    public string Vocabulary
    {
        get => _vocabulary;
        set
        {
            if (value == _vocabulary)
                return;
            var (old, fresh) = (FieldDefaults.Of(_vocabulary), FieldDefaults.Of(value));
            var wasSynthetic = IsSynthetic;
            _vocabulary = value;
            // What nobody has changed follows the data set.
            string Follow(string now, string before, string after) => now == before ? after : now;
            (Steps, SftSteps) = (Follow(Steps, old.Steps, fresh.Steps), Follow(SftSteps, old.SftSteps, fresh.SftSteps));
            (SftLearningRate, GrpoLearningRate) = (Follow(SftLearningRate, old.SftLearningRate, fresh.SftLearningRate), Follow(GrpoLearningRate, old.GrpoLearningRate, fresh.GrpoLearningRate));
            var (other, sources) = (wasSynthetic ? _demo : Sources.None, IsSynthetic ? _demo : Sources.None);
            (ModelFolder, TrainData, TestData) = (Follow(ModelFolder, other.Model, sources.Model), Follow(TrainData, other.Train, sources.Train), Follow(TestData, other.Test, sources.Test));
            (PromptsPerStep, MaxCompletionTokens) = (Follow(PromptsPerStep, old.PromptsPerStep, fresh.PromptsPerStep), Follow(MaxCompletionTokens, old.MaxCompletionTokens, fresh.MaxCompletionTokens));
        }
    }

    /// <summary>cpu, or cuda for workers with a GPU.</summary>
    public string Device { get; set; } = "cpu";
    public string TrainData { get; set; } = "";
    public string TestData { get; set; } = "";
    /// <summary>Steps of a scripted or GRPO run.</summary>
    public string Steps { get; set; } = FieldDefaults.Synthetic.Steps;
    public string SftSteps { get; set; } = FieldDefaults.Synthetic.SftSteps;
    public string SftLearningRate { get; set; } = FieldDefaults.Synthetic.SftLearningRate;
    public string GrpoLearningRate { get; set; } = FieldDefaults.Synthetic.GrpoLearningRate;
    public string PromptsPerStep { get; set; } = FieldDefaults.Synthetic.PromptsPerStep;
    public string GroupSize { get; set; } = "8";
    public string MaxCompletionTokens { get; set; } = FieldDefaults.Synthetic.MaxCompletionTokens;
    /// <summary>Of a scripted run.</summary>
    public string StepMilliseconds { get; set; } = "50";

    public bool HasVariants => Method is not Sft;
    public bool NeedsModel => Method is not Scripted;
    public bool HasSft => Method is Sft or SftThenGrpo;
    public bool HasGrpo => Method is Grpo or SftThenGrpo;

    /// <summary>The experiment, or a message for each field that stands in its way; field names are this form's members.</summary>
    public (ExperimentSpec? Spec, IReadOnlyList<FieldProblem> Problems) Read()
    {
        var fields = new FieldReader();
        var seeds = ReadSeeds(fields);
        if (string.IsNullOrWhiteSpace(Name))
            fields.Add(nameof(Name), "Give the experiment a name, such as psg-2b-rewards.");
        if (HasVariants && Variants.Count == 0)
            fields.Add(nameof(Variants), "Choose at least one reward variant.");
        var steps = Method == Sft ? 1 : fields.Whole(nameof(Steps), Steps);
        var spec = new ExperimentSpec { Experiment = Name.Trim(), Note = string.IsNullOrWhiteSpace(Note) ? null : Note.Trim(), Runs = [.. Runs(fields, seeds, steps)] };
        if (fields.Problems.Count == 0)
            fields.AddRange(SpecValidation.Check(spec).Select(OfField));
        if (fields.Problems.Count == 0)
            fields.AddRange(spec.Runs.SelectMany(run => SpecFilesCheck.Check(run, mustExist: false)).Select(OfField));
        var problems = fields.Problems.DistinctBy(problem => (problem.Field, problem.Message)).ToList();
        return (problems.Count == 0 ? spec : null, problems);
    }

    private IEnumerable<RunSpec> Runs(FieldReader fields, IReadOnlyList<int> seeds, int steps)
    {
        const string sftName = "sft";
        if (HasSft)
        {
            var settings = SftSettings(fields);
            foreach (var seed in Method == Sft ? seeds : seeds.Take(1))
                yield return Run(Method == Sft ? $"sft-s{seed}" : sftName, RunMethod.Sft, null, seed) with { Sft = settings, Evaluation = Evaluation with { AtStart = true } };
        }
        if (Method == Sft)
            yield break;
        var grpo = HasGrpo ? GrpoSettings(fields, steps) : null;
        var scripted = Method == Scripted ? new { Milliseconds = fields.Whole(nameof(StepMilliseconds), StepMilliseconds) } : null;
        foreach (var seed in seeds)
            foreach (var variant in VariantOrder.Where(Variants.Contains))
                yield return Run($"{variant.Replace('_', '-')}-s{seed}", grpo is null ? RunMethod.Scripted : RunMethod.Grpo, variant, seed) with
                {
                    Model = Method == SftThenGrpo ? new ModelSource { Run = sftName } : new ModelSource { Folder = Text(ModelFolder) },
                    Grpo = grpo,
                    Scripted = scripted is null ? null : new ScriptedSettings { Steps = steps, StepMilliseconds = scripted.Milliseconds, FinalRecall = ScriptedRecall(variant, seed) },
                };
    }

    private RunSpec Run(string name, RunMethod method, string? variant, int seed) => new()
    {
        Name = name,
        Method = method,
        Variant = variant,
        Seed = seed,
        Model = new ModelSource { Folder = Text(ModelFolder) },
        Data = new DataSources { Train = Text(TrainData), Test = Text(TestData), Vocabulary = Vocabulary },
        Protocol = Protocol,
        Evaluation = Evaluation,
        Device = NeedsModel ? Device : "cpu",
    };

    private SftSettings SftSettings(FieldReader fields) => new()
    {
        LearningRate = fields.Number(nameof(SftLearningRate), SftLearningRate),
        Schedule = IsSynthetic ? "constant" : "linear",
        WarmupRatio = 0.05,
        MaxGradNorm = IsSynthetic ? 1 : 0.3,
        BatchSize = IsSynthetic ? 16 : 128,
        MicroBatchSize = IsSynthetic ? null : 8,
        Answer = IsSynthetic ? "tags" : "fence",
        MaxSteps = fields.Whole(nameof(SftSteps), SftSteps),
    };

    private GrpoSettings GrpoSettings(FieldReader fields, int steps) => new()
    {
        LearningRate = fields.Number(nameof(GrpoLearningRate), GrpoLearningRate),
        Schedule = IsSynthetic ? "constant" : "linear",
        WarmupRatio = 0,
        MaxGradNorm = 1,
        PromptsPerStep = fields.Whole(nameof(PromptsPerStep), PromptsPerStep),
        GroupSize = fields.Whole(nameof(GroupSize), GroupSize),
        MaxCompletionTokens = fields.Whole(nameof(MaxCompletionTokens), MaxCompletionTokens),
        Temperature = 1,
        TopP = IsSynthetic ? 1 : 0.9,
        TopK = IsSynthetic ? 0 : 50,
        Beta = 0,
        Epsilon = 0.2,
        Loss = "bnpo",
        Iterations = 1,
        Similarity = "spacy-sm",
        MaxSteps = steps,
        MicroBatchSize = IsSynthetic ? 16 : null,
        KeepRolloutsEvery = IsSynthetic ? 5 : 1,
    };

    private bool IsSynthetic => Vocabulary == Synthetic;

    private EvaluationSettings Evaluation => IsSynthetic ? new() { BatchSize = 100 } : new();

    /// <summary>That of the demo on synthetic scenes; the published data sets are asked and cut as the paper does, on the split it reports. A script has its own: it found nothing.</summary>
    private Protocol Protocol => Method == Scripted ? Asked with { Name = "form-scripted" } : Asked;

    private Protocol Asked => IsSynthetic
        ? new() { Name = "demo", Prompt = "open", SystemPrompt = "none", MinPixels = 3136, MaxPixels = 84 * 84, MaxNewTokens = 80, BoxFrame = "thousand", AnswerParser = "reference", Dataset = "synthetic", Split = "test" }
        : new() { Name = "form-r1sgg", Prompt = "closed", SystemPrompt = "sft", MinPixels = 3136, MaxPixels = 1024 * 28 * 28, MaxNewTokens = 2048, BoxFrame = "thousand", AnswerParser = "reference", Dataset = Vocabulary, Split = Vocabulary == "vg150" ? "val" : "test" };

    private List<int> ReadSeeds(FieldReader fields)
    {
        var parts = Seeds.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries);
        var seeds = new List<int>();
        foreach (var part in parts)
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
                fields.Add(nameof(Seeds), $"'{part}' is not a seed; give whole numbers such as 1, 2.");
            else if (!seeds.Contains(seed))
                seeds.Add(seed);
        }
        if (parts.Length == 0)
            fields.Add(nameof(Seeds), "Give at least one seed, such as 1.");
        return seeds;
    }

    /// <summary>A scripted run reports what it is told; the variants differ so that there is something to compare.</summary>
    private static double ScriptedRecall(string variant, int seed) =>
        Math.Round((variant switch { "hard_recall" => 0.42, "hard_recall_relax" => 0.44, _ => 0.47 }) + 0.004 * (seed % 5), 3);

    /// <summary>A problem of runs[3].grpo.group_size belongs to the form's field GroupSize; one without a field here keeps its own name.</summary>
    private static FieldProblem OfField(SpecProblem problem)
    {
        var path = RunPrefix().Replace(problem.Field, "");
        return new FieldProblem(path switch
        {
            "experiment" => nameof(Name),
            "model" or "model.folder" => nameof(ModelFolder),
            "data.train" => nameof(TrainData),
            "data.test" => nameof(TestData),
            "data.vocabulary" => nameof(Vocabulary),
            "device" => nameof(Device),
            "variant" => nameof(Variants),
            "seed" => nameof(Seeds),
            "sft.learning_rate" => nameof(SftLearningRate),
            "sft.max_steps" => nameof(SftSteps),
            "grpo.learning_rate" => nameof(GrpoLearningRate),
            "grpo.max_steps" or "scripted.steps" => nameof(Steps),
            "grpo.prompts_per_step" => nameof(PromptsPerStep),
            "grpo.group_size" => nameof(GroupSize),
            "grpo.max_completion_tokens" => nameof(MaxCompletionTokens),
            "scripted.step_milliseconds" => nameof(StepMilliseconds),
            _ => path,
        }, char.ToUpperInvariant(problem.Message[0]) + problem.Message[1..]);
    }

    public static IReadOnlyList<string> VariantOrder { get; } = ["hard_recall", "hard_recall_relax", "soft_recall"];

    private static string? Text(string value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    [GeneratedRegex(@"^runs\[\d+\]\.")]
    private static partial Regex RunPrefix();
}
