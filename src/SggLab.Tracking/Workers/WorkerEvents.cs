namespace SggLab.Tracking.Workers;

/// <summary>Stream worker-ID, in no project. Another incarnation is another process under the same id.</summary>
public sealed record WorkerRegistered(string WorkerId, string Incarnation, string Machine, string Device, int Threads, string Version);
