using SggLab.Modeling.Bench;
using static TorchSharp.torch;

var json = args.Contains("--json");
var only = Value("--item");
// The recorded figures are of two threads.
set_num_threads(Number("--threads", Math.Min(2, Environment.ProcessorCount)));
Matmul.ByCpuTime = args.Contains("--cpu-time");
switch (args.FirstOrDefault(a => !a.StartsWith('-')) ?? "model")
{
    case "model":
        using (var items = new SpeedItems(Number("--runs", 4)))
            foreach (var (name, run) in items.All().Where(item => only is null || item.Name.Contains(only, StringComparison.Ordinal)))
                run(name).Print(json);
        break;
    case "memory":
        foreach (var measure in MemoryProof.Run(Number("--steps", 1000)))
            measure.Print(json);
        break;
    case var other:
        throw new ArgumentException($"There is no benchmark \"{other}\". Known: model, memory.");
}

string? Value(string option) => Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

int Number(string option, int otherwise) => Value(option) is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : otherwise;
