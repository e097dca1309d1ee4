using JasperFx;
using Npgsql;

namespace SggLab.Tracking.Store;

/// <summary>Failures that only say that another transaction was faster: look again and decide again.</summary>
internal static class Races
{
    public static bool IsRace(Exception e) => e switch
    {
        ConcurrencyException or Marten.Exceptions.ExistingStreamIdCollisionException or JasperFx.Events.ExistingStreamIdCollisionException => true,
        PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation } => true,
        _ => e.InnerException is { } inner && IsRace(inner),
    };
}
