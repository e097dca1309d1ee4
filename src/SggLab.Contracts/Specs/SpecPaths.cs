namespace SggLab.Contracts.Specs;

/// <summary>Turns the relative paths of a run file into absolute ones, so that a queued run means the same wherever it is read.</summary>
internal static class SpecPaths
{
    private const string VectorsPrefix = "vectors:";

    public static ExperimentSpec Resolve(ExperimentSpec spec, string folder) => spec with { Runs = [.. spec.Runs.Select(run => Resolve(run, folder))] };

    private static RunSpec Resolve(RunSpec run, string folder) => run with
    {
        Model = run.Model with { Folder = Absolute(run.Model.Folder, folder) },
        Data = run.Data with
        {
            Train = Absolute(run.Data.Train, folder),
            Validation = Absolute(run.Data.Validation, folder),
            Test = Absolute(run.Data.Test, folder),
        },
        Grpo = run.Grpo is { } grpo ? Resolve(grpo, folder) : null,
        Evaluation = run.Evaluation with { Server = Resolve(run.Evaluation.Server, folder) },
    };

    private static GrpoSettings Resolve(GrpoSettings grpo, string folder) => grpo with
    {
        Similarity = grpo.Similarity.StartsWith(VectorsPrefix, StringComparison.Ordinal) ? VectorsPrefix + Absolute(grpo.Similarity[VectorsPrefix.Length..], folder) : grpo.Similarity,
        Server = Resolve(grpo.Server, folder),
    };

    private static ServerSettings? Resolve(ServerSettings? server, string folder) => server is null ? null : server with
    {
        ApiKeyFile = Absolute(server.ApiKeyFile, folder),
        WeightsFolder = Absolute(server.WeightsFolder, folder),
    };

    private static string? Absolute(string? path, string folder) => string.IsNullOrEmpty(path) ? path : Path.GetFullPath(path, folder);
}
