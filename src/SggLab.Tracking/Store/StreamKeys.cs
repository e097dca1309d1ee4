namespace SggLab.Tracking.Store;

/// <summary>Names of streams. They can never change.</summary>
internal static class StreamKeys
{
    public static string Experiment(string id) => $"experiment-{id}";
    public static string Run(string id) => $"run-{id}";
    public static string Attempt(string runId, int attempt) => $"attempt-{runId}-{attempt}";
    public static string Checkpoint(string id) => $"checkpoint-{id}";
    public static string Worker(string id) => $"worker-{id}";
    public static string Member(string name) => $"member-{name}";
    public static string Token(string id) => $"token-{id}";
}
