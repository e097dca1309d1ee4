namespace SggLab.Client;

/// <summary>A line of a worker's ledger (STATE/attempts.jsonl).</summary>
/// <param name="Records">Records in the journal.</param>
/// <param name="Acknowledged">Number of the last one that the server acknowledged.</param>
/// <param name="End">How the attempt ended on the worker's side: sent, superseded, damaged or refused.</param>
public sealed record AttemptCount(string RunId, int Attempt, long Records, long Acknowledged, string End);
