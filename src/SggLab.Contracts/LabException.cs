namespace SggLab.Contracts;

/// <summary>An error whose message is written for the person who reads it: what was given, what was wanted, what to do.</summary>
/// <param name="message">The whole text shown to the user; no stack trace follows it.</param>
/// <param name="exitCode">1 the answer is no, 2 wrong use or bad input, 3 a part of the environment is missing.</param>
public class LabException(string message, int exitCode = 2, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
