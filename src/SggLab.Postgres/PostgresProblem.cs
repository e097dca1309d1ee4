using System.Net.Sockets;
using Npgsql;
using SggLab.Contracts;

namespace SggLab.Postgres;

/// <summary>Turns what Npgsql throws into a sentence for the person: what was tried, what the server said, what to do.</summary>
public static class PostgresProblem
{
    /// <summary>Every message names the server, never the password. Exit code 3: the environment lacks a part.</summary>
    public static LabException Explain(Exception error, string connectionString)
    {
        var to = new NpgsqlConnectionStringBuilder(connectionString);
        var server = $"{to.Host}:{to.Port}";
        return error switch
        {
            PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } e =>
                New($"PostgreSQL at {server} refuses user \"{to.Username}\": {e.MessageText}. Check user and password in SGGLAB_POSTGRES or --postgres.", e),
            PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } e =>
                New($"PostgreSQL at {server} has no database \"{to.Database}\" and user \"{to.Username}\" may not create it. Let an administrator run: CREATE DATABASE {to.Database} OWNER {to.Username}", e),
            PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } e =>
                New($"PostgreSQL at {server} has no free connection ({e.MessageText}). Raise its max_connections or stop what holds them.", e),
            PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow } e =>
                New($"PostgreSQL at {server} is starting up or shutting down ({e.MessageText}). Try again in some seconds.", e),
            PostgresException { SqlState: PostgresErrorCodes.DiskFull } e =>
                New($"PostgreSQL at {server} has no disk space left ({e.MessageText}). Free some and run the command again.", e),
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } e =>
                New($"PostgreSQL at {server} refuses user \"{to.Username}\": {e.MessageText}. The user needs CREATE on database \"{to.Database}\".", e),
            PostgresException e =>
                New($"PostgreSQL at {server} answers {e.SqlState}: {e.MessageText}.", e),
            { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } } =>
                New($"The host \"{to.Host}\" of PostgreSQL is not known. Check the host name in SGGLAB_POSTGRES or --postgres.", error),
            SocketException or { InnerException: SocketException } =>
                New($"No PostgreSQL answers at {server} ({(error.InnerException ?? error).Message}). Start it, or check host and port in SGGLAB_POSTGRES or --postgres.", error),
            TimeoutException or { InnerException: TimeoutException } =>
                New($"PostgreSQL at {server} did not answer in time. Check host, port and firewall.", error),
            _ => New($"PostgreSQL at {server} cannot be used: {error.Message.Split('\n')[0]}", error),
        };
    }

    private static LabException New(string message, Exception inner) => new(message, 3, inner);
}
