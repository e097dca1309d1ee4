using JasperFx.Events;
using Marten;
using Marten.Events.Projections;

namespace SggLab.Tracking.Store;

/// <summary>Feeds read models from the event store: those of one projection change together, in one transaction with its progress.</summary>
internal sealed class ReadModelProjection : EventProjection
{
    private readonly ReadModel[] _models;

    public IReadOnlyList<ReadModel> Models => _models;

    public ReadModelProjection(string name, uint version, params ReadModel[] models)
    {
        Name = name;
        Version = version;
        _models = models;
        foreach (var type in models.SelectMany(model => model.EventTypes).Distinct())
            IncludeType(type);
    }

    public override ValueTask ApplyAsync(IDocumentOperations operations, IEvent e, CancellationToken cancellation)
    {
        var sql = new SessionWrites(operations);
        foreach (var model in _models)
            model.Fold(e, sql);
        return ValueTask.CompletedTask;
    }
}
