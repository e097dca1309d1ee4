using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Datasets;
using SggLab.Modeling;
using SggLab.Training.Checkpoints;
using SggLab.Training.Evaluations;
using SggLab.Training.Optimization;
using SggLab.Training.Prompts;
using SggLab.Training.Rollouts;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training;

/// <summary>One attempt's model, data and place in the run: what SFT, GRPO and evaluation share.</summary>
internal sealed class RunSession : IDisposable
{
    private readonly JobInputs _inputs;
    private readonly IRunRecorder _recorder;

    private RunSession(JobInputs inputs, IRunRecorder recorder, Qwen2VLModel model)
    {
        _inputs = inputs;
        _recorder = recorder;
        Model = model;
        Prompts = new ExamplePrompts(PromptProcessor.Of(model.Folder), inputs.Spec.Protocol, inputs.Spec.Data.Vocabulary,
            inputs.Spec.Sft?.MaxPixels ?? inputs.Spec.Grpo?.MaxPixels);
        Parent = inputs.ResumeCheckpoint ?? inputs.StartCheckpoint;
    }

    public RunSpec Spec => _inputs.Spec;
    public JobInputs Inputs => _inputs;
    public IRunRecorder Recorder => _recorder;
    public Qwen2VLModel Model { get; }
    public ExamplePrompts Prompts { get; }
    /// <summary>Id of the newest checkpoint of this run's line: what an evaluation names, and what the next checkpoint grew from.</summary>
    public string? Parent { get; private set; }
    /// <summary>Content hash of the training data; null where the run does not train.</summary>
    public string? DatasetHash { get; private set; }

    /// <summary>Loads the newest weights of the run: the full checkpoint it resumes from, else the run's start.</summary>
    /// <exception cref="LabException">Folder or data are missing or damaged, or the device is not there.</exception>
    public static RunSession Open(JobInputs inputs, IRunRecorder recorder, string precision)
    {
        var spec = inputs.Spec;
        if (spec.Threads > 0)
            set_num_threads(spec.Threads);
        if (spec.Device == "cuda" && !cuda.is_available())
            throw new LabException("The run asks for device cuda, but libtorch sees no GPU here. Use a worker with a GPU and the CUDA build (-p:Cuda=true), or set device: cpu.", exitCode: 3);
        var folder = inputs.ResumeFolder ?? inputs.StartFolder ?? spec.Model.Folder
            ?? throw new LabException($"Run '{spec.Name}' starts from the run '{spec.Model.Run}', but no checkpoint of it was given.");
        var type = precision == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;
        return new RunSession(inputs, recorder, Qwen2VLModel.Load(folder, type, spec.Device == "cuda" ? CUDA : CPU));
    }

    /// <summary>The split that teaches.</summary>
    public ParquetDataset OpenTraining()
    {
        var data = ParquetDataset.Open(Spec.Data.Train!);
        DatasetHash = DataHash.Of(data);
        return data;
    }

    public void ReportStart(int? totalSteps)
    {
        _recorder.Started(RunningJob.Started(_inputs, totalSteps, get_num_threads(), DatasetHash, new Dictionary<string, string>
        {
            ["libtorch"] = torch.__version__,
            ["dotnet"] = Environment.Version.ToString(),
            ["os"] = System.Runtime.InteropServices.RuntimeInformation.OSDescription,
            ["parameters"] = Model.Weights.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
        }));
        if (_inputs.ResumeFolder is null && _inputs.StartCheckpoint is null && _inputs.StartFolder is null)
            RegisterBase();
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
    public AdamW Train(IReadOnlyList<string> freeze, double weightDecay, double beta2)
    {
        Model.Weights.Train(name => !freeze.Any(part => name.Contains(part, StringComparison.Ordinal)));
        var trained = Model.Weights.Trained().ToArray();
        if (trained.Length == 0)
            throw new LabException($"freeze keeps every weight as it is ({string.Join(", ", freeze)}), so nothing would learn.");
        var optimizer = new AdamW(trained, weightDecay, beta2);
        if (_inputs.ResumeFolder is { } resume)
            optimizer.Load(Path.Combine(resume, TrainerState.Folder, TrainerState.OptimizerFile));
        return optimizer;
    }

    /// <summary>The state the run goes on from; zeros for a fresh start.</summary>
    public TrainerState FirstState(string method) => _inputs.ResumeFolder is { } resume
        ? TrainerState.Read(resume, _inputs.SpecHash, _inputs.ResumeStep)
        : new TrainerState { Method = method, SpecHash = _inputs.SpecHash, Seed = Spec.Seed, Step = 0, DataPosition = 0, TokensSeen = 0 };

    public void SaveCheckpoint(TrainerState state, AdamW optimizer, string kind)
    {
        var folder = CheckpointFolder.Name(_inputs.WorkFolder, state.Step);
        DiskSpace.Require(_inputs.WorkFolder, DiskSpace.OfCheckpoint(Model, kind));
        CheckpointFolder.Write(folder, to =>
        {
            Model.Save(to);
            if (kind != CheckpointKinds.Full)
                return;
            var trainer = Directory.CreateDirectory(Path.Combine(to, TrainerState.Folder)).FullName;
            state.Write(trainer);
            optimizer.Save(Path.Combine(trainer, TrainerState.OptimizerFile));
        });
        var record = CheckpointFolder.Describe(folder, state.Step, kind, Parent, _inputs.SpecHash, DatasetHash);
        _recorder.Checkpoint(record, folder);
        Parent = record.Id;
        CheckpointFolder.Retain(_inputs.WorkFolder, Spec.Checkpoints.Keep);
    }

    /// <summary>The weights the run started from, as a frozen second model.</summary>
    public Qwen2VLModel LoadStart() => Qwen2VLModel.Load(_inputs.StartFolder ?? Spec.Model.Folder!, Model.Weights.Type, Model.Weights.Device);

    /// <summary>Evaluates the weights as they are on data.test and records the figures under the newest checkpoint.</summary>
    /// <returns>Null when it is done; how the attempt ends where it was asked to stop meanwhile.</returns>
    public ClosedRecord? EvaluateTest(int step)
    {
        var file = Path.Combine(_inputs.WorkFolder, $"predictions-{step:D8}.jsonl");
        using var data = ParquetDataset.Open(Spec.Data.Test!, Spec.Data.TestSplit);
        using var rollouts = new RolloutSource(Model, Prompts.Tokenizer);
        var figures = new TestEvaluation(Prompts, rollouts, Spec).Run(data, file, (done, count) =>
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

    public void Dispose() => Model.Dispose();
}
