namespace SggLab.Contracts.Specs;

/// <summary>What is wrong with a spec: the field in YAML spelling (runs[2].grpo.group_size) and a sentence with the remedy.</summary>
/// <param name="Line">Where it stands in the file, if it came from one.</param>
public sealed record SpecProblem(string Field, string Message, long? Line = null)
{
    /// <summary>The problem with the line that a file gives its field.</summary>
    /// <param name="prefix">What the file has before the field, such as "runs[2].".</param>
    public SpecProblem At(SpecLines lines, string prefix = "") => this with { Line = lines[prefix + Field] };

    public override string ToString() => Line is { } line ? $"line {line}, {Field}: {Message}" : $"{Field}: {Message}";
}

/// <summary>Checks specs before anything is queued. Pure: paths are looked at by <see cref="SpecFilesCheck"/>.</summary>
public static class SpecValidation
{
    /// <summary>Everything wrong with an experiment; empty if it can be queued.</summary>
    public static IReadOnlyList<SpecProblem> Check(ExperimentSpec spec)
    {
        var check = new SpecCheck("");
        check.That(!string.IsNullOrWhiteSpace(spec.Experiment) && spec.Experiment.Length <= 200, "experiment", "give the experiment a name of 1 to 200 characters");
        check.That(spec.Runs.Count is >= 1 and <= 500, "runs", $"an experiment has 1 to 500 runs; given were {spec.Runs.Count}");
        var problems = check.Problems.ToList();
        if (spec.Runs.Any(run => run is null))
            return [.. problems, new SpecProblem("runs", "an entry of the list is empty; remove it.")];
        for (var i = 0; i < spec.Runs.Count; i++)
            problems.AddRange(CheckRun(spec.Runs[i], $"runs[{i}]."));
        problems.AddRange(RunOrder.Check(spec.Runs));
        problems.AddRange(VariantChecks.CheckNames(spec.Runs));
        return problems;
    }

    /// <summary>Everything wrong with one run, its place in an experiment aside.</summary>
    public static IReadOnlyList<SpecProblem> Check(RunSpec spec) => CheckRun(spec, "");

    /// <exception cref="LabException">The spec has problems; the message lists them all.</exception>
    public static void Require(IReadOnlyList<SpecProblem> problems, string what)
    {
        if (problems.Count > 0)
            throw new LabException($"{what} cannot run:{string.Concat(problems.Select(problem => $"\n  {problem}"))}");
    }

    private static IReadOnlyList<SpecProblem> CheckRun(RunSpec spec, string prefix)
    {
        var check = new SpecCheck(prefix);
        check.That(IsName(spec.Name), "name", $"a run's name has 1 to 80 letters, digits, '.', '_' or '-', and starts with a letter or digit; given was '{spec.Name}'");
        check.That(spec.Seed >= 0, "seed", $"a seed is 0 or more; given was {spec.Seed}");
        check.That(spec.Threads is >= 0 and <= 1024, "threads", $"give 0 (libtorch's choice) to 1024; given was {spec.Threads}");
        check.OneOf(spec.Device, "device", "cpu", "cuda");
        check.That(spec.Evaluation.BatchSize is >= 1 and <= 4096, "evaluation.batch_size", $"give 1 to 4096; given was {spec.Evaluation.BatchSize}");
        check.That(spec.Evaluation.Limit is null or >= 1, "evaluation.limit", $"give 1 or more, or leave it out for all rows; given was {spec.Evaluation.Limit}");
        check.That(spec.Checkpoints.EverySteps >= 1, "checkpoints.every_steps", $"give 1 or more; given was {spec.Checkpoints.EverySteps}");
        check.That(spec.Checkpoints.Keep >= 1, "checkpoints.keep", $"give 1 or more; given was {spec.Checkpoints.Keep}");
        check.OneOf(spec.Checkpoints.Final, "checkpoints.final", "full", "weights");
        OutcomeChecks.Check(spec, check);
        CheckProtocol(spec.Protocol, check);
        CheckMethod(spec, check);
        if (spec.Method != RunMethod.Scripted)
            CheckSources(spec, check);
        return check.Problems;
    }

    private static void CheckProtocol(Protocol protocol, SpecCheck check)
    {
        check.That(!string.IsNullOrWhiteSpace(protocol.Name), "protocol.name", "give the protocol a name");
        check.OneOf(protocol.Prompt, "protocol.prompt", "closed", "open");
        check.OneOf(protocol.SystemPrompt, "protocol.system_prompt", "sft", "think", "none");
        check.OneOf(protocol.BoxFrame, "protocol.box_frame", "thousand", "pixels");
        check.OneOf(protocol.AnswerParser, "protocol.answer_parser", "reference");
        check.That(protocol.MinPixels >= 1, "protocol.min_pixels", $"give 1 or more, such as 3136; given was {protocol.MinPixels}");
        check.That(protocol.MaxPixels >= protocol.MinPixels, "protocol.max_pixels", $"give at least min_pixels ({protocol.MinPixels}); given was {protocol.MaxPixels}");
        check.That(protocol.MaxNewTokens is >= 1 and <= 32768, "protocol.max_new_tokens", $"give 1 to 32768; given was {protocol.MaxNewTokens}");
        check.That(!string.IsNullOrWhiteSpace(protocol.Dataset), "protocol.dataset", "name the data set that is ranked, such as vg150");
        check.That(!string.IsNullOrWhiteSpace(protocol.Split), "protocol.split", "name the split that is ranked, such as test");
    }

    private static void CheckMethod(RunSpec spec, SpecCheck check)
    {
        var method = SpecBinder.YamlName(spec.Method.ToString());
        check.That((spec.Sft is not null) == (spec.Method == RunMethod.Sft), "sft", spec.Sft is null ? "a run of method sft needs this block" : $"this block belongs to method sft, the run's method is {method}; remove it");
        check.That((spec.Grpo is not null) == (spec.Method == RunMethod.Grpo), "grpo", spec.Grpo is null ? "a run of method grpo needs this block" : $"this block belongs to method grpo, the run's method is {method}; remove it");
        check.That((spec.Scripted is not null) == (spec.Method == RunMethod.Scripted), "scripted", spec.Scripted is null ? "a run of method scripted needs this block" : $"this block belongs to method scripted, the run's method is {method}; remove it");
        if (spec.OwnVariant is { } own)
            VariantChecks.Check(spec, own, check);
        else if (spec.Method == RunMethod.Grpo)
            check.OneOf(spec.Variant ?? "", "variant", [.. VariantRewards.ByName.Keys]);
        else if (spec.Method != RunMethod.Scripted)
            check.That(spec.Variant is null, "variant", $"only a grpo run has a reward variant, the run's method is {method}; remove it");
        check.That((spec.Sft?.MaxPixels ?? spec.Grpo?.MaxPixels) is not { } pixels || pixels >= spec.Protocol.MinPixels, $"{method}.max_pixels",
            $"give at least protocol.min_pixels ({spec.Protocol.MinPixels}), or leave it out for the protocol's max_pixels");
        if (spec is { Method: RunMethod.Sft, Sft: { } sft })
            SettingsChecks.Check(sft, check);
        if (spec is { Method: RunMethod.Grpo, Grpo: { } grpo })
        {
            SettingsChecks.Check(grpo, check);
            SettingsChecks.CheckRewards(spec, grpo, check);
            check.That(!grpo.OvdrSplit || spec.Data.Vocabulary == "vg150", "grpo.ovdr_split", $"the split is of VG150's vocabulary; given was data.vocabulary {spec.Data.Vocabulary}");
        }
        if (spec is { Method: RunMethod.Scripted, Scripted: { } scripted })
            SettingsChecks.Check(scripted, check);
    }

    private static void CheckSources(RunSpec spec, SpecCheck check)
    {
        check.That(string.IsNullOrEmpty(spec.Model.Folder) != string.IsNullOrEmpty(spec.Model.Run), "model",
            "give either model.folder (a Hugging Face folder) or model.run (the name of another run of this experiment)");
        check.OneOf(spec.Data.Vocabulary, "data.vocabulary", "vg150", "psg", "synthetic");
        check.That(!string.IsNullOrEmpty(spec.Data.Test), "data.test", "name the parquet file or folder that ranks; the final weights are evaluated on it");
        if (spec.Method != RunMethod.Evaluate)
            check.That(!string.IsNullOrEmpty(spec.Data.Train), "data.train", "name the parquet file or folder to learn from");
    }

    internal static bool IsName(string name) =>
        name.Length is >= 1 and <= 80 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
