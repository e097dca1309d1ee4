namespace SggLab.Tracking;

/// <summary>A request to change something, made by someone; the handler answers with an <see cref="Outcome{T}"/>.</summary>
public interface ILabCommand<TResult>
{
    Access.Actor By { get; }
}

/// <summary>The one way in for every change, from a page's circuit as from the API.</summary>
public sealed class LabCommands
{
    /// <example><c>await commands.SendAsync(new CancelRun(actor, runId, "wrong seed"))</c></example>
    public Task<Outcome<TResult>> SendAsync<TResult>(ILabCommand<TResult> command, CancellationToken cancellation = default) => throw new NotImplementedException();
}
