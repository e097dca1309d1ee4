using System.Net.Sockets;
using Npgsql;

namespace SggLab.Tracking.Store;

/// <summary>Says why a database cannot be used, and what to do. Never the password.</summary>
public static class DatabaseProblems
{
    public static string Explain(string connectionString, Exception problem)
    {
        var where = new NpgsqlConnectionStringBuilder(connectionString);
        var address = $"{where.Host}:{where.Port}";
        return problem switch
        {
            PostgresException { SqlState: "28P01" or "28000" } => $"PostgreSQL at {address} refuses user {where.Username}: wrong password, or the user may not sign in from here. Check the connection string in SGGLAB_POSTGRES.",
            PostgresException { SqlState: "3D000" } => $"PostgreSQL at {address} has no database {where.Database}. Create it (createdb {where.Database}), or name another one in SGGLAB_POSTGRES.",
            PostgresException { SqlState: "53300" } => $"PostgreSQL at {address} has no connection left. Raise max_connections, or stop what holds them.",
            PostgresException { SqlState: "57P03" } => $"PostgreSQL at {address} is starting up or shutting down. Try again in some seconds.",
            PostgresException other => $"PostgreSQL at {address} answered: {other.MessageText} ({other.SqlState}).",
            { InnerException: SocketException } or SocketException => $"No PostgreSQL answers at {address}. Start it, or name another one in SGGLAB_POSTGRES (as in Host=127.0.0.1;Port=5432;Username=sgglab;Database=sgglab).",
            _ => $"PostgreSQL at {address} cannot be used: {problem.Message}",
        };
    }
}
