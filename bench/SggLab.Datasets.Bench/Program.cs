using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using SggLab.Datasets.Bench;
using SggLab.Datasets.Inspection;
using SggLab.SceneGraphs.Bench;

// data: inspects a parquet data set of 5 GB that it makes in a temporary folder and deletes. --megabytes N makes a smaller one.
// write FOLDER BYTES: makes it, in a process of its own, so that writing does not count as the inspection's memory.
if (args is ["write", var folder, var size])
{
    LargeDataset.Write(folder, long.Parse(size, CultureInfo.InvariantCulture));
    return 0;
}
var at = Array.IndexOf(args, "--megabytes");
var bytes = at >= 0 ? long.Parse(args[at + 1], CultureInfo.InvariantCulture) * 1_000_000 : 5_000_000_000;
var free = new DriveInfo(Path.GetTempPath()).AvailableFreeSpace;
if (free < bytes * 1.1)
{
    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetTempPath()} has {free / 1e9:F1} GB free; the benchmark wants {bytes * 1.1 / 1e9:F1}. Set TMPDIR to a folder on a larger disk."));
    return 3;
}
var temporary = Directory.CreateTempSubdirectory("sgglab-bench-data-");
try
{
    using (var writer = Process.Start(Environment.ProcessPath!, [.. Runtime(), "write", temporary.FullName, bytes.ToString(CultureInfo.InvariantCulture)]))
    {
        writer.WaitForExit();
        if (writer.ExitCode != 0) return writer.ExitCode;
    }
    foreach (var measure in Measures(temporary.FullName)) measure.Print(args.Contains("--json"));
    return 0;
}
finally
{
    temporary.Delete(recursive: true);
}

// Run by `dotnet X.dll`, the process is dotnet, and the program its first argument.
static string[] Runtime() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(LargeDataset).Assembly.Location] : [];

static IEnumerable<Measure> Measures(string folder)
{
    var files = Directory.GetFiles(folder, "*.parquet", SearchOption.AllDirectories);
    var megabytes = files.Sum(f => new FileInfo(f).Length) / 1e6;
    // The files once through: both readings then find them where the system keeps them, or neither does.
    Hash(files);
    var hashing = Time(() => Hash(files));
    var inspecting = Time(() =>
    {
        var report = DatasetInspector.Inspect(folder);
        if (report.ContentHash is null) throw new InvalidOperationException($"The data set is broken: {report.Errors[0].Message}");
    });
    const string yardstick = "reading the same files and hashing them with SHA-256, no more";
    yield return Measure.Rate("data_inspect", megabytes / inspecting.Clock, "MB/s", yardstick, Math.Round(megabytes / hashing.Clock, 1));
    yield return Measure.Rate("data_inspect_processor", megabytes / inspecting.Processor, "MB/processor second", yardstick, Math.Round(megabytes / hashing.Processor, 1));
    yield return Measure.Plain("data_inspect_size", megabytes, "MB");
}

static (double Clock, double Processor) Time(Action work)
{
    using var process = Process.GetCurrentProcess();
    var (watch, before) = (Stopwatch.StartNew(), process.TotalProcessorTime);
    work();
    process.Refresh();
    return (watch.Elapsed.TotalSeconds, (process.TotalProcessorTime - before).TotalSeconds);
}

static void Hash(IEnumerable<string> files)
{
    using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    var buffer = new byte[1 << 20];
    foreach (var file in files)
    {
        using var stream = File.OpenRead(file);
        for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer)) hash.AppendData(buffer, 0, read);
    }
}
