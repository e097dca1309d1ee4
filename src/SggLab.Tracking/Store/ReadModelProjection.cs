using JasperFx.Events;
using Marten;
using Marten.Events.Projections;

namespace SggLab.Tracking.Store;

/// <summary>Feeds read models from the event store: those of one projection change together, in one transaction with its progress.</summary>
internal sealed class ReadModelProjection : EventProjection
{
    private readonly ReadModel[] _models;
    private readonly DeadLetters? _skipped;

    public IReadOnlyList<ReadModel> Models => _models;

    /// <summary>The name under which its progress is stored.</summary>
    public string Shard => $"{Name}:All";

    public ReadModelProjection(string name, uint version, DeadLetters? skipped, params ReadModel[] models)
    {
        Name = name;
        Version = version;
        _skipped = skipped;
        _models = models;
        foreach (var type in models.SelectMany(model => model.EventTypes).Distinct())
            IncludeType(type);
    }

    public override ValueTask ApplyAsync(IDocumentOperations operations, IEvent e, CancellationToken cancellation)
    {
        if (_skipped?.Contains(Shard, e.Sequence) is not true)
            Fold(e, new SessionWrites(operations));
        return ValueTask.CompletedTask;
    }

    public void Fold(IEvent e, SqlWrites sql)
    {
        foreach (var model in _models)
            model.Fold(e, sql);
    }
}
