using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace SggLab.Tracking;

/// <summary>A request to change something, made by someone; the handler answers with an <see cref="Outcome{T}"/>.</summary>
public interface ILabCommand<TResult>
{
    Access.Actor By { get; }

    /// <summary>Streams whose newest events lists and pages must show before the answer is given.</summary>
    IReadOnlyList<string> Shows(TResult answer) => [];
}

/// <summary>The one way in for every change, from a page's circuit as from the API. Work in the caller's project, one transaction a command.</summary>
public sealed class LabCommands(IServiceScopeFactory scopes, ShownChanges shown)
{
    /// <example><c>await commands.SendAsync(new CancelRun(actor, runId, "wrong seed"))</c></example>
    public async Task<Outcome<TResult>> SendAsync<TResult>(ILabCommand<TResult> command, CancellationToken cancellation = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        var bus = scope.ServiceProvider.GetRequiredService<IMessageBus>();
        var outcome = await bus.InvokeForTenantAsync<Outcome<TResult>>(command.By.Project, command, cancellation);
        if (outcome is { IsRefused: false, Value: { } answer } && command.Shows(answer) is { Count: > 0 } streams)
            await shown.WaitAsync(command.By.Project, streams, cancellation);
        return outcome;
    }
}
