using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Npgsql;
using Weasel.Core;
using SggLab.Tracking.Runs;

namespace SggLab.Tracking.Store;

/// <summary>The event store's settings. What sits in keys, columns and functions cannot be changed later: see docs/decisions/0001-event-store.md.</summary>
internal static class LabStore
{
    public const string Schema = "lab";
    public const string MessageSchema = "wolverine";

    /// <summary>The tenant of workers, members and tokens.</summary>
    public const string NoProject = "*DEFAULT*";

    public static void Configure(StoreOptions options, NpgsqlDataSource source, DeadLetters skipped)
    {
        options.Connection(source);
        options.DatabaseSchemaName = Schema;
        // `./sgglab db migrate` alone changes the schema.
        options.AutoCreateSchemaObjects = JasperFx.AutoCreate.None;
        // The store replaces the enum converter it is given, so ours is put back before it.
        options.UseSystemTextJsonForSerialization(EventJson.Create(), EnumStorage.AsString, Casing.CamelCase, json => json.Converters.Insert(0, EventJson.Enums));
        var events = options.Events;
        events.StreamIdentity = StreamIdentity.AsString;
        events.TenancyStyle = JasperFx.MultiTenancy.TenancyStyle.Conjoined;
        events.AppendMode = EventAppendMode.QuickWithServerTimestamps;
        // Without the lock two writers of one stream can both pass the version check, and the loser leaves a gap that the daemon must wait for.
        events.UseExclusiveLockOnConcurrentAppends = true;
        events.EnableEventTypeIndex = true;
        // Our own, made by a script: the store must not take it for a leftover.
        events.IgnoreIndex("lab_events_time");
        events.UseListenNotifyForEventAppends = true;
        events.MetadataConfig.CausationIdEnabled = true;
        events.MetadataConfig.CorrelationIdEnabled = true;
        events.MetadataConfig.HeadersEnabled = true;
        events.MetadataConfig.UserNameEnabled = true;
        LabEvents.Register(events);
        options.Projections.LiveStreamAggregation<Run>();
        foreach (var projection in ReadModels.Inline())
            options.Projections.Add(projection, ProjectionLifecycle.Inline);
        foreach (var projection in ReadModels.Async(skipped))
            options.Projections.Add(projection, ProjectionLifecycle.Async);
        // ProjectionLeader runs them.
        options.Projections.AsyncMode = DaemonMode.ExternallyManaged;
        // Appends wake the daemon; polling is the safety net.
        options.Projections.SlowPollingTime = TimeSpan.FromSeconds(2);
        options.Projections.FastPollingTime = TimeSpan.FromMilliseconds(250);
        // Never skipped in silence: the projection stops, and ProjectionLeader looks for the event at fault and makes it a dead letter.
        options.Projections.Errors.SkipApplyErrors = false;
        options.Projections.Errors.SkipSerializationErrors = false;
        options.Projections.Errors.SkipUnknownEvents = true;
    }
}
