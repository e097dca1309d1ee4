using JasperFx.Events;

namespace SggLab.Tracking.Store;

/// <summary>
/// A flat table folded from events: one short fold an event, from the event and its metadata alone, so that a rebuild gives the same rows.
/// The table's name carries a version; a changed shape is a new version beside the old one.
/// </summary>
internal abstract class ReadModel
{
    private readonly Dictionary<Type, Action<IEvent, SqlWrites>> _folds = [];

    /// <summary>Tables in the order they are created.</summary>
    public abstract IReadOnlyList<string> Tables { get; }

    /// <summary>create … if not exists statements; {s} stands for the schema.</summary>
    public abstract string Ddl { get; }

    public IReadOnlyCollection<Type> EventTypes => _folds.Keys;

    public void Fold(IEvent e, SqlWrites sql)
    {
        if (_folds.TryGetValue(e.EventType, out var fold))
            fold(e, sql);
    }

    protected void On<T>(Action<IEvent<T>, SqlWrites> fold) where T : notnull => _folds.Add(typeof(T), (e, sql) => fold((IEvent<T>)e, sql));
}
