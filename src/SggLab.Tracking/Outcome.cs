namespace SggLab.Tracking;

/// <summary>Why a command was refused; decides the HTTP status and nothing else.</summary>
public enum RefusalKind
{
    /// <summary>The input is wrong (422).</summary>
    Invalid,
    /// <summary>Not readable at all (400).</summary>
    Malformed,
    /// <summary>The caller's role does not allow it (403).</summary>
    Forbidden,
    /// <summary>What it names does not exist (404).</summary>
    NotFound,
    /// <summary>It no longer fits the present state (409).</summary>
    Conflict,
}

/// <summary>A refusal with a sentence for the person: what was given, what was wanted, what to do.</summary>
/// <param name="Field">The field it is about, as in runs[2].grpo.group_size.</param>
/// <param name="Expected">The record number expected next, where a batch left a gap.</param>
public sealed record Refusal(RefusalKind Kind, string Message, string? Field = null, long? Expected = null)
{
    public static Refusal Invalid(string message, string? field = null) => new(RefusalKind.Invalid, message, field);
    public static Refusal Malformed(string message) => new(RefusalKind.Malformed, message);
    public static Refusal Forbidden(string message) => new(RefusalKind.Forbidden, message);
    public static Refusal NotFound(string message) => new(RefusalKind.NotFound, message);
    public static Refusal Conflict(string message, long? expected = null, string? field = null) => new(RefusalKind.Conflict, message, field, expected);
}

/// <summary>What became of a command: done, nothing to do because it already was so, or refused. Never an exception.</summary>
public sealed record Outcome<T>
{
    internal Outcome(T? value, bool changed, Refusal? refusal) => (Value, Changed, Refusal) = (value, changed, refusal);

    public T? Value { get; }

    /// <summary>False when it already was so: sending a command twice changes nothing the second time.</summary>
    public bool Changed { get; }

    public Refusal? Refusal { get; }

    public bool IsRefused => Refusal is not null;

    public static implicit operator Outcome<T>(Refusal refusal) => new(default, false, refusal);
}

/// <summary>Makes outcomes without naming their type.</summary>
public static class Outcome
{
    public static Outcome<T> Done<T>(T value) => new(value, true, null);

    public static Outcome<T> Already<T>(T value) => new(value, false, null);
}
