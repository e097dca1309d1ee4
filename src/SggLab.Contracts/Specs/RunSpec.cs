namespace SggLab.Contracts.Specs;

/// <summary>What a run does. <see cref="Scripted"/> plays a written script without a model: it tests the event path.</summary>
public enum RunMethod { Sft, Grpo, Evaluate, Scripted }

/// <summary>
/// One run, fully resolved: nothing is looked up later but the checkpoint it starts from. Stored whole in RunQueued; its canonical JSON is hashed.
/// In YAML the keys are snake_case; an unknown key is an error that names file, line and key.
/// </summary>
public sealed record RunSpec
{
    /// <summary>Unique within its experiment; other runs refer to it by this name.</summary>
    public required string Name { get; init; }
    public required RunMethod Method { get; init; }
    /// <summary>Reward variant of a GRPO run: hard_recall, hard_recall_relax or soft_recall, or one of later work (edge_f1, recall_mix, dual_granularity).</summary>
    public string? Variant { get; init; }
    /// <summary>What <see cref="Variant"/> stands for where it is not a published one; the run then bears its name.</summary>
    public VariantSpec? OwnVariant { get; init; }
    public int Seed { get; init; } = 42;
    public required ModelSource Model { get; init; }
    public required DataSources Data { get; init; }
    /// <summary>What makes this run's figures comparable with another's; hashed, part of the leaderboard's key.</summary>
    public required Protocol Protocol { get; init; }
    public SftSettings? Sft { get; init; }
    public GrpoSettings? Grpo { get; init; }
    public ScriptedSettings? Scripted { get; init; }
    public EvaluationSettings Evaluation { get; init; } = new();
    public CheckpointSettings Checkpoints { get; init; } = new();
    /// <summary>Bounds on figures that stop the run; a figure that is no number always does.</summary>
    public IReadOnlyList<GuardSettings> Guards { get; init; } = [];
    /// <summary>CPU threads of libtorch; 0 leaves libtorch's default.</summary>
    public int Threads { get; init; }
    /// <summary>cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";
    /// <summary>True where its worker may be out of reach for long (a laptop, a cluster without network): it is queued again after a day of silence instead of 15 minutes.</summary>
    public bool? MayBeOffline { get; init; }
}

/// <summary>Where the weights come from: a Hugging Face folder, or a checkpoint of another run of the same experiment (which makes it a dependency).</summary>
public sealed record ModelSource
{
    public string? Folder { get; init; }
    /// <summary>Name of the run, in the same experiment, whose last checkpoint this run starts from.</summary>
    public string? Run { get; init; }
}

/// <summary>Folders or parquet files; train teaches, validation chooses, test ranks.</summary>
public sealed record DataSources
{
    public string? Train { get; init; }
    public string? Validation { get; init; }
    public string? Test { get; init; }
    /// <summary>Split within the path of test, where it holds several; the published files name theirs train.</summary>
    public string? TestSplit { get; init; }
    /// <summary>vg150, psg or synthetic: which vocabulary names the figures.</summary>
    public required string Vocabulary { get; init; }
}

/// <summary>When evaluations happen. The final checkpoint is always evaluated on data.test; a run that starts from data-free weights evaluates those first.</summary>
public sealed record EvaluationSettings
{
    /// <summary>Evaluate the starting weights before the first step.</summary>
    public bool AtStart { get; init; }
    /// <summary>Rows of data.test to evaluate; null = all.</summary>
    public int? Limit { get; init; }
    public int BatchSize { get; init; } = 32;
    /// <summary>float32 or bfloat16: how a run of method evaluate holds the weights; a run that trains evaluates them as they are.</summary>
    public string Precision { get; init; } = "float32";
    /// <summary>Steps between evaluations of a slice of data.validation, reported as eval/recall and so on; null = never.</summary>
    public int? EverySteps { get; init; }
    /// <summary>Rows of data.validation in that slice, the first ones.</summary>
    public int Slice { get; init; } = 64;
    /// <summary>Predictions from this server, which holds the weights already, in place of the decoder here; only for method evaluate.</summary>
    public ServerSettings? Server { get; init; }
}

public sealed record CheckpointSettings
{
    /// <summary>Steps between full checkpoints (weights, optimizer, random state, data position), from which a run resumes.</summary>
    public int EverySteps { get; init; } = 50;
    /// <summary>Kind of the checkpoints in between: full, or weights (which can start another run, but this one cannot go on from them).</summary>
    public string Kind { get; init; } = "full";
    /// <summary>Local copies kept by the worker.</summary>
    public int Keep { get; init; } = 2;
    /// <summary>Bytes that these copies may take together, in GB (1e9); the newest always stays. Null = no bound.</summary>
    public double? KeepGb { get; init; }
    /// <summary>Kind of the last checkpoint: full (an attempt that dies in the final evaluation goes on from it) or weights (a third to a fifth of the bytes).</summary>
    public string Final { get; init; } = "full";
    /// <summary>Which weights the run ends with: last, or best (of the evaluations of data.validation; those are ranked and handed on).</summary>
    public string Choose { get; init; } = "last";
    /// <summary>By what the best is told: recall or mean_recall.</summary>
    public string ChooseBy { get; init; } = "recall";
}
