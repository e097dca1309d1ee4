using System.Globalization;
using SggLab.SceneGraphs.Mutants;

// Seeded mutants of SggLab.SceneGraphs: as many of each folder, drawn at random; each is compiled and the tests must notice it.
// Usage: [--count 120] [--seed 1] [--only TEXT]; exit code 1 where fewer than 90% are killed.
var count = Number("--count", 120);
var seed = Number("--seed", 1);
var only = Argument("--only") ?? "";

var repository = AppContext.BaseDirectory;
while (!File.Exists(Path.Combine(repository, "SggLab.sln"))) repository = Path.GetDirectoryName(repository) ?? throw new InvalidOperationException("Run this inside the repository.");
var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
var built = Path.Combine(repository, "artifacts", "bin", "SggLab.SceneGraphs.Tests", configuration);
// Inside the repository, because the tests look for their golden files above them.
var folder = Path.Combine(repository, "artifacts", "mutants", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
Directory.CreateDirectory(folder);
try
{
    foreach (var file in Directory.GetFiles(built)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    return Run();
}
finally
{
    Directory.Delete(folder, recursive: true);
}

int Run()
{
    var build = new MutantBuild(repository, configuration, built);
    var assembly = Path.Combine(folder, "SggLab.SceneGraphs.dll");
    if (!build.TryEmit(null, assembly)) throw new InvalidOperationException("The unchanged sources do not compile here.");
    var tests = Path.Combine(repository, "tests", "SggLab.SceneGraphs.Tests");
    var unchanged = new Trial(folder, tests, TimeSpan.FromMinutes(10));
    if (unchanged.Run(null) != Verdict.Survived) throw new InvalidOperationException("The tests fail on the unchanged sources.");
    var trial = new Trial(folder, tests, TimeSpan.FromSeconds(10) + 3 * unchanged.Spent);

    var random = new Random(seed);
    var areas = build.Sources.SelectMany(s => MutantFinder.Find(s.Tree, s.File)).Where(m => m.ToString().Contains(only, StringComparison.Ordinal)).GroupBy(m => m.Area)
        .Select(g => new Queue<Mutant>(g.OrderBy(_ => random.Next()))).ToList();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{areas.Sum(a => a.Count)} places in {areas.Count} folders; the unchanged sources take {unchanged.Spent.TotalSeconds:F0} s of processor time; seed {seed}"));
    var survivors = new List<Mutant>();
    var tried = 0;
    for (var turn = 0; tried < count && areas.Exists(a => a.Count > 0); turn++)
    {
        if (!areas[turn % areas.Count].TryDequeue(out var mutant) || !build.TryEmit(mutant, assembly)) continue;
        var verdict = trial.Run(mutant.Area);
        tried++;
        if (verdict == Verdict.Survived) survivors.Add(mutant);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{tried,4} {verdict,-9} {mutant}"));
    }
    var killed = tried - survivors.Count;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{killed} of {tried} mutants killed: {100.0 * killed / tried:F1}%"));
    foreach (var survivor in survivors) Console.WriteLine($"  survived: {survivor}");
    return killed >= 0.9 * tried ? 0 : 1;
}

string? Argument(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

int Number(string name, int otherwise) => int.TryParse(Argument(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
