namespace SggLab.Tracking.Telemetry;

/// <summary>
/// First event of the stream attempt-RUN-N, written by the server in the lease's transaction. Record n of the worker is event n+1; the server writes nothing
/// else there, so that even a dead attempt's late records keep their numbers.
/// </summary>
public sealed record AttemptOpened(string RunId, string ExperimentId, int Attempt, string Worker, string Incarnation, long Fence);
