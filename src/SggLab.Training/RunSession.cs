using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Modeling;
using SggLab.SceneGraphs.Rewards;
using SggLab.Training.Checkpoints;
using SggLab.Training.Evaluations;
using SggLab.Training.Memory;
using SggLab.Training.Optimization;
using SggLab.Training.Prompts;
using SggLab.Training.Rollouts;
using SggLab.Training.Servers;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training;

/// <summary>One attempt's model, data and place in the run: what SFT, GRPO and evaluation share.</summary>
internal sealed class RunSession : IDisposable
{
    private const string AdapterFolder = "adapter";

    private readonly JobInputs _inputs;
    private readonly IRunRecorder _recorder;
    private readonly LearningSettings? _learning;
    private readonly string _folder;
    private readonly List<Action<string>> _alsoKept = [];

    /// <param name="shapes">The model without its weights.</param>
    private RunSession(JobInputs inputs, IRunRecorder recorder, Qwen2VLModel shapes, string folder, LearningSettings? learning)
    {
        _inputs = inputs;
        _recorder = recorder;
        _learning = learning;
        _folder = folder;
        Model = shapes;
        var spec = inputs.Spec;
        Size = ModelSize.Of(shapes, learning);
        Prompts = ExamplePrompts.Of(spec, shapes.Folder);
        Parent = inputs.ResumeCheckpoint ?? inputs.StartCheckpoint;
    }

    public RunSpec Spec => _inputs.Spec;
    public JobInputs Inputs => _inputs;
    public IRunRecorder Recorder => _recorder;
    /// <summary>Shapes alone until <see cref="Start"/> has read the weights.</summary>
    public Qwen2VLModel Model { get; private set; }
    public ModelSize Size { get; }
    /// <summary>What learns in place of the weights, where the run trains an adapter.</summary>
    public LoraAdapter? Adapter { get; private set; }
    public ExamplePrompts Prompts { get; }
    /// <summary>What an adapter's configuration calls the weights it was trained on.</summary>
    public string BaseModel => Spec.Model.Folder ?? Spec.Model.Run!;
    /// <summary>Type of the weights: float32 or bfloat16.</summary>
    public string Precision => _learning?.Precision ?? Spec.Evaluation.Precision;
    public bool OptimizerOnHost => _learning?.OptimizerOnHost ?? false;
    /// <summary>Id of the newest checkpoint of this run's line: what an evaluation names, and what the next checkpoint grew from.</summary>
    public string? Parent { get; private set; }
    /// <summary>Content hash of the training data; null where the run does not train.</summary>
    public string? DatasetHash { get; private set; }

    /// <summary>Looks at the newest weights of the run: the full checkpoint it resumes from, else the run's start. They take memory from <see cref="Start"/> on.</summary>
    /// <exception cref="LabException">Folder or data are missing or damaged, or the device is not there.</exception>
    public static RunSession Open(JobInputs inputs, IRunRecorder recorder)
    {
        var (spec, learning) = (inputs.Spec, LearningSettings.Of(inputs.Spec));
        if (spec.Threads > 0)
            set_num_threads(spec.Threads);
        if (spec.Device == "cuda" && !cuda.is_available())
            throw new LabException("The run asks for device cuda, but libtorch sees no GPU here. Use a worker with a GPU and the CUDA build (SGGLAB_CUDA=1) or --libtorch, or set device: cpu.", exitCode: 3);
        inputs.Require(RunData.Check(spec));
        // An adapter goes on beside the weights that the run started from: its checkpoints hold the sum, from which it cannot be told again.
        var folder = (learning?.Lora is null ? inputs.ResumeFolder : null) ?? inputs.StartFolder ?? spec.Model.Folder
            ?? throw new LabException($"Run '{spec.Name}' starts from the run '{spec.Model.Run}', but no checkpoint of it was given.");
        var shapes = Qwen2VLModel.Inspect(folder);
        try
        {
            return new RunSession(inputs, recorder, shapes, folder, learning);
        }
        catch
        {
            shapes.Dispose();
            throw;
        }
    }

    /// <summary>The split that teaches.</summary>
    public ISceneGraphDataset OpenTraining()
    {
        var data = ParquetDataset.Open(Spec.Data.Train!);
        DatasetHash = DataHash.Of(data);
        return Spec.Grpo is { OvdrSplit: true } ? OvdrExamples.Of(data) : data;
    }

    /// <summary>Reports the start, looks for room, and only then reads the weights: what the run takes is said while there is time to change it.</summary>
    public void Start(int? totalSteps)
    {
        var environment = new Dictionary<string, string>
        {
            ["libtorch"] = torch.__version__,
            ["dotnet"] = Environment.Version.ToString(),
            ["os"] = System.Runtime.InteropServices.RuntimeInformation.OSDescription,
            ["parameters"] = Size.Parameters.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        if (Spec.Method == RunMethod.Grpo)
            environment["rewards"] = string.Join(", ", RewardVariants.Of(Spec).Terms.Select(term => term.Function.Versioned));
        _recorder.Started(RunningJob.Started(_inputs, totalSteps, get_num_threads(), DatasetHash, environment));
        if (_inputs.ResumeFolder is null && _inputs.StartCheckpoint is null && _inputs.StartFolder is null)
            RegisterBase();
        if (_learning is not null)
            DiskSpace.RequireForRun(this);
        // Where a server holds the weights, tokenizer and image settings are all that is needed of the folder.
        if (Spec.Evaluation.Server is not null)
            return;
        var (text, fits) = MemoryPlan.Of(Spec, Model, Prompts);
        _recorder.Log(fits ? "info" : "warn", text);
        ReadWeights();
    }

    private void ReadWeights()
    {
        Model.Dispose();
        Model = Qwen2VLModel.Load(_folder, Precision == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32, Spec.Device == "cuda" ? CUDA : CPU);
        if (_learning?.Lora is { } lora)
            Adapter = _inputs.ResumeFolder is { } resume ? LoraAdapter.Load(Model, Path.Combine(resume, AdapterFolder)) : LoraAdapter.Create(Model, Shape(lora), Spec.Seed);
    }

    /// <summary>Weights that no run of ours made: the root of every lineage. Its id depends on its files alone.</summary>
    private void RegisterBase()
    {
        var folder = Spec.Model.Folder!;
        var record = CheckpointFolder.Describe(folder, 0, CheckpointKinds.Base, parent: null, specHash: "", datasetHash: null);
        _recorder.Checkpoint(record, folder);
        Parent = record.Id;
    }

    /// <summary>Marks which weights learn and makes their optimizer, as it was where the run resumes.</summary>
    public AdamW Train()
    {
        var learning = _learning!;
        Model.Weights.Train(learning.TrainedNames(Model).ToHashSet().Contains);
        var trained = (Adapter?.Tensors ?? Model.Weights.Trained()).ToArray();
        var optimizer = new AdamW(trained, learning.WeightDecay, learning.AdamBeta2, learning.OptimizerOnHost);
        if (_inputs.ResumeFolder is { } resume)
            optimizer.Load(Path.Combine(resume, TrainerState.Folder, TrainerState.OptimizerFile));
        return optimizer;
    }

    /// <summary>The state the run goes on from; zeros for a fresh start.</summary>
    public TrainerState FirstState(string method) => _inputs.ResumeFolder is { } resume
        ? TrainerState.Read(resume, _inputs.SpecHash, _inputs.ResumeStep)
        : new TrainerState { Method = method, SpecHash = _inputs.SpecHash, Seed = Spec.Seed, Step = 0, DataPosition = 0, TokensSeen = 0 };

    /// <summary>Has every full checkpoint keep something more in its trainer folder.</summary>
    public void AlsoKeep(Action<string> write) => _alsoKept.Add(write);

    public void SaveCheckpoint(TrainerState state, AdamW optimizer, string kind)
    {
        var folder = CheckpointFolder.Name(_inputs.WorkFolder, state.Step);
        DiskSpace.Require(_inputs.WorkFolder, DiskSpace.OfCheckpoint(this, kind));
        CheckpointFolder.Write(folder, to =>
        {
            SaveWeights(to);
            if (kind != CheckpointKinds.Full)
                return;
            var trainer = Directory.CreateDirectory(Path.Combine(to, TrainerState.Folder)).FullName;
            state.Write(trainer);
            optimizer.Save(Path.Combine(trainer, TrainerState.OptimizerFile));
            foreach (var write in _alsoKept)
                write(trainer);
        });
        Report(folder, state.Step, kind);
        CheckpointFolder.Retain(folder, Spec.Checkpoints.Keep, Spec.Checkpoints.KeepGb is { } gb ? (long)(gb * 1e9) : long.MaxValue);
    }

    /// <summary>Records a folder of weights as the newest checkpoint.</summary>
    public void Report(string folder, int step, string kind)
    {
        var record = CheckpointFolder.Describe(folder, step, kind, Parent, _inputs.SpecHash, DatasetHash);
        _recorder.Checkpoint(record, folder);
        Parent = record.Id;
    }

    /// <summary>Makes the weights of a folder the model's own; an adapter is in them and leaves the model.</summary>
    public void TakeWeights(string folder)
    {
        Adapter?.Dispose();
        using var off = no_grad();
        using var weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        foreach (var name in Model.Weights.Names)
            weights.ReadInto(name, Model.Weights[name]);
    }

    /// <summary>The model as a plain folder; an adapter is in the weights, and beside them as peft has it.</summary>
    private void SaveWeights(string folder)
    {
        Model.Save(folder);
        Adapter?.Save(Path.Combine(folder, AdapterFolder), BaseModel);
    }

    /// <summary>The weights the run started from, as a frozen second model.</summary>
    public Qwen2VLModel LoadStart() => Qwen2VLModel.Load(_inputs.StartFolder ?? Spec.Model.Folder!, Model.Weights.Type, Model.Weights.Device);

    /// <summary>Evaluates the weights as they are on data.test and records the figures under the newest checkpoint.</summary>
    /// <returns>Null when it is done; how the attempt ends where it was asked to stop meanwhile.</returns>
    public ClosedRecord? EvaluateTest(int step)
    {
        var file = Path.Combine(_inputs.WorkFolder, $"predictions-{step:D8}.jsonl");
        using var data = ParquetDataset.Open(Spec.Data.Test!, Spec.Data.TestSplit);
        using ICompletionSource rollouts = Spec.Evaluation.Server is { } server
            ? new ServerCompletions(server, Prompts.Tokenizer, Model.Folder, policy: null)
            : new RolloutSource(Model, Prompts.Tokenizer, () => false);
        var figures = new SplitEvaluation(Prompts, rollouts, Spec).Run(data, Spec.Evaluation.Limit, Spec.Data.Test!, file, $"{_inputs.SpecHash} {Parent}", (done, count) =>
        {
            if (done == count || done / 100 != (done - Spec.Evaluation.BatchSize) / 100)
                _recorder.Log("info", $"Evaluated {done} of {count} images.");
            return _recorder.StopRequested is null;
        });
        if (figures is null)
            return _recorder.StopRequested == "cancel"
                ? new ClosedRecord(Outcomes.Cancelled, null, "Cancelled on request.", step)
                : new ClosedRecord(Outcomes.Released, null, "Handed back on request.", step);
        _recorder.Evaluation(figures.Record(Spec, Parent!, step, DataHash.Of(data), CheckpointFolder.Blob(Path.GetFileName(file), file)), file);
        return null;
    }

    private static LoraSettings Shape(LoraSpec lora) =>
        new() { Rank = lora.Rank, Alpha = lora.Alpha, TargetModules = lora.TargetModules, RankStabilised = lora.RankStabilised };

    public void Dispose()
    {
        Adapter?.Dispose();
        Model.Dispose();
    }
}
