using System.CommandLine;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;
using SggLab.Training;

namespace SggLab.Cli.Training;

/// <summary>`eval run`: greedy inference of a model folder over a split, and the figures of what it wrote.</summary>
internal static class RunEvaluation
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Required = true, Description = "Model folder as Hugging Face writes it." };
        var data = new Option<string>("--data") { Required = true, Description = "Parquet file, or folder that holds some." };
        var split = new Option<string>("--split") { Required = true, Description = "Split of the data." };
        var protocol = new Option<string>("--protocol") { Required = true, Description = "r1sgg-sft, r1sgg-rl, or a YAML file with a protocol." };
        var output = new Option<string>("--out") { Required = true, Description = "Predictions, as JSON lines." };
        model.MustNameAFolder();
        data.MustNotBeEmpty("the path of a Parquet file, or of a folder that holds some");
        output.MustNameAFile();
        var vocabulary = new Option<string>("--vocabulary") { DefaultValueFactory = _ => "vg150", Description = "vg150, psg or synthetic." };
        var limit = new Option<int?>("--limit") { Description = "Images at most." };
        var batch = new Option<int>("--batch-size") { DefaultValueFactory = _ => 32, Description = "Images side by side." };
        var device = new Option<string>("--device") { DefaultValueFactory = _ => "cpu", Description = "cpu or cuda." };
        var precision = new Option<string>("--precision") { DefaultValueFactory = _ => "float32", Description = "float32 or bfloat16." };
        var threads = new Option<int>("--threads") { Description = "CPU threads of libtorch; 0, the default, leaves its own choice. On a machine that others use, fewer are often faster." };
        var server = new Option<string[]>("--server") { Description = "Address of a vLLM or SGLang server that holds these weights, such as http://gpu-1:8000; may be given more than once." };
        var served = new Option<string?>("--served-model") { Description = "The name under which the server serves them (default: the folder's name)." };
        var key = new Option<string?>("--key-file") { Description = "File with the server's key." };
        var concurrency = new Option<int>("--concurrency") { DefaultValueFactory = _ => 32, Description = "Requests under way at each address." };
        var retries = new Option<int>("--retries") { DefaultValueFactory = _ => 5, Description = "Attempts after the first of a request that was lost." };
        var libtorch = new Option<string?>("--libtorch") { Description = "Folder of another libtorch, for GPUs, to use instead of the bundled one." };
        var json = new Option<bool>("--json") { Description = "Print the figures as one JSON document." };
        var run = new LabCommand("run", "Predict a split with a model folder and score the predictions.")
        {
            Examples =
            [
                "./sgglab eval run --model DIR --data vg150_val_sgg_prompt --split train --protocol r1sgg-rl --out predictions.jsonl",
                "./sgglab eval run --model DIR --server http://gpu-1:8000 --served-model qwen --data vg150_val_sgg_prompt --split train --protocol r1sgg-rl --out predictions.jsonl",
            ],
            // What is predicted is in its file batch by batch, so the batch under way need not be waited for.
            StopsWithin = TimeSpan.FromSeconds(5),
            Kept = "what is predicted lies beside --out in a folder that ends in .work, and the same command goes on from there.",
            GoesOnUnread = true,
        };
        foreach (var option in new Option[] { model, data, split, protocol, output, vocabulary, limit, batch, device, precision, threads, server, served, key, concurrency, retries, libtorch, json })
            run.Add(option);
        run.Validators.Add(found =>
        {
            Option[] ofServer = [served, key, concurrency, retries];
            if (found.GetResult(server) is null && ofServer.FirstOrDefault(option => found.GetResult(option) is { Implicit: false }) is { } alone)
                found.AddError($"{alone.Name} is about a server; say which with --server URL.");
        });
        run.SetAction((parsed, cancellation) => Task.Run(() => Run(new EvalOptions(parsed.GetValue(model)!, parsed.GetValue(data)!, parsed.GetValue(split)!,
            parsed.GetValue(protocol)!, parsed.GetValue(output)!, parsed.GetValue(vocabulary)!, parsed.GetValue(limit), parsed.GetValue(batch),
            parsed.GetValue(device)!, parsed.GetValue(precision)!, parsed.GetValue(threads), Server(parsed.GetValue(server) ?? [], parsed.GetValue(served) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(parsed.GetValue(model)!)),
            parsed.GetValue(key), parsed.GetValue(concurrency), parsed.GetValue(retries)), parsed.GetValue(libtorch), parsed.GetValue(json)), cancellation), CancellationToken.None));
        return run;
    }

    // Nobody wrote a run file here.
    private static readonly Dictionary<string, string> OptionOf = new()
    {
        ["model.folder"] = "--model", ["data.test"] = "--data", ["data.test_split"] = "--split", ["data.vocabulary"] = "--vocabulary",
        ["evaluation.limit"] = "--limit", ["evaluation.batch_size"] = "--batch-size", ["evaluation.precision"] = "--precision", ["device"] = "--device", ["threads"] = "--threads",
        ["evaluation.server.urls"] = "--server", ["evaluation.server.model"] = "--served-model", ["evaluation.server.concurrency"] = "--concurrency",
        ["evaluation.server.retries"] = "--retries",
    };

    private sealed record EvalOptions(string Model, string Data, string Split, string Protocol, string Output, string Vocabulary, int? Limit, int Batch, string Device, string Precision, int Threads, ServerSettings? Server,
        string? Libtorch, bool Json);

    // Greedy answers are asked for by the interface that both kinds share.
    private static ServerSettings? Server(string[] urls, string model, string? key, int concurrency, int retries) => urls.Length == 0 ? null
        : new() { Kind = "vllm", Urls = urls, Model = model, ApiKeyFile = key, Concurrency = concurrency, Retries = retries };

    private static int Run(EvalOptions options, CancellationToken cancellation)
    {
        var spec = new RunSpec
        {
            Name = "eval",
            Method = RunMethod.Evaluate,
            Model = new() { Folder = Path.GetFullPath(options.Model) },
            Data = new() { Test = Path.GetFullPath(options.Data), TestSplit = options.Split, Vocabulary = options.Vocabulary },
            Protocol = NamedProtocols.Find(options.Protocol, options.Vocabulary, options.Split) ?? (Path.Exists(options.Protocol) ? SpecFile.LoadProtocol(options.Protocol)
                : throw new LabException($"--protocol {options.Protocol} is neither {NamedProtocols.R1SggSft} nor {NamedProtocols.R1SggRl}, nor is there a file of that name; give one of these or a YAML file.")),
            Evaluation = new() { Limit = options.Limit, BatchSize = options.Batch, Precision = options.Precision, Server = options.Server },
            Device = options.Device,
            Threads = options.Threads,
        };
        LibtorchFolder.Load(options.Libtorch);
        SpecValidation.Require([.. SpecValidation.Check(spec).Concat(SpecFilesCheck.Check(spec, mustExist: true)).Select(problem => problem with { Field = OptionOf.GetValueOrDefault(problem.Field, problem.Field) })], "This evaluation");
        // Beside the output, so that an evaluation that was stopped goes on where it was.
        var work = Directory.CreateDirectory(options.Output + ".work").FullName;
        var code = Run(spec, work, options, cancellation);
        if (code == 0)
            Directory.Delete(work, recursive: true);
        return code;
    }

    private static int Run(RunSpec spec, string work, EvalOptions options, CancellationToken cancellation)
    {
        EvaluationRecord? figures = null;
        using var recorder = new FolderRecorder(Path.Combine(work, FolderRecorder.FileName), (record, _) =>
        {
            figures = record as EvaluationRecord ?? figures;
            if (record is LogRecord log)
                Console.Error.WriteLine(log.Text);
        });
        using var onStop = cancellation.Register(() => recorder.StopRequested = "cancel");
        var closed = TrainingJob.Run(new JobInputs { Spec = spec, SpecHash = ContentHash.Of(spec), WorkFolder = work, FieldNames = OptionOf }, recorder);
        if (closed.Outcome == Outcomes.Failed)
        {
            if (Directory.EnumerateFiles(work, "predictions-*.jsonl").All(file => new FileInfo(file).Length == 0))
                Directory.Delete(work, recursive: true); // There is nothing to go on from.
            throw new LabException(closed.Message ?? "The evaluation failed.", Outcomes.ExitCode(closed));
        }
        if (figures is null)
            return 130;
        File.Move(Path.Combine(work, figures.Predictions.Path), options.Output, overwrite: true);
        Console.WriteLine(options.Json ? JsonSerializer.Serialize(figures, LabJson.Indented) : ProgressLine.Of(figures));
        return 0;
    }
}
