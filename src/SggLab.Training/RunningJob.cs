using System.Reflection;
using SggLab.Contracts.Records;

namespace SggLab.Training;

/// <summary>What every trainer tells about where it runs.</summary>
internal static class RunningJob
{
    /// <summary>Version of the code with its commit, such as 0.1.0-dev.0.12+3f2a….</summary>
    public static string CodeVersion { get; } =
        typeof(RunningJob).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static StartedRecord Started(JobInputs inputs, int? totalSteps, int threads, string? datasetHash, IReadOnlyDictionary<string, string> environment) =>
        new(CodeVersion, Environment.MachineName, inputs.Spec.Device, threads, totalSteps, inputs.ResumeStep, inputs.ResumeCheckpoint, datasetHash, environment);
}
