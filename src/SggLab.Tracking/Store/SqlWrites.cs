using Marten;
using Npgsql;

namespace SggLab.Tracking.Store;

/// <summary>Statements of one transaction; ? is a parameter, {s} the schema. A missing value is sent as text: cast where the column is none (?::int).</summary>
internal abstract class SqlWrites(string schema)
{
    public void Add(string sql, params object?[] values) => Write(sql.Replace("{s}", schema, StringComparison.Ordinal), values);

    /// <summary>Tells the pages of all web nodes, once the transaction commits.</summary>
    public virtual void Tell(string project, string kind, string id) => Add("call lab.tell(?, ?, ?)", project, kind, id);

    protected abstract void Write(string sql, object?[] values);
}

/// <summary>Joins the statements to a session's unit of work.</summary>
internal sealed class SessionWrites(IDocumentOperations operations) : SqlWrites(LabStore.Schema)
{
    protected override void Write(string sql, object?[] values) => operations.QueueSqlCommand(sql, values!);
}

/// <summary>Collects the statements for a schema beside the served one; tells nobody.</summary>
internal sealed class BatchWrites(string schema, NpgsqlConnection connection) : SqlWrites(schema), IAsyncDisposable
{
    private NpgsqlBatch _batch = new(connection);

    public int Count => _batch.BatchCommands.Count;

    public override void Tell(string project, string kind, string id) { }

    public async Task FlushAsync(CancellationToken cancellation)
    {
        if (Count > 0)
            await _batch.ExecuteNonQueryAsync(cancellation);
        await _batch.DisposeAsync();
        _batch = new NpgsqlBatch(connection);
    }

    protected override void Write(string sql, object?[] values)
    {
        var parts = sql.Split('?');
        var numbered = parts[0] + string.Concat(parts.Skip(1).Select((part, i) => $"${i + 1}{part}"));
        var command = new NpgsqlBatchCommand(numbered);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        _batch.BatchCommands.Add(command);
    }

    public ValueTask DisposeAsync() => _batch.DisposeAsync();
}
