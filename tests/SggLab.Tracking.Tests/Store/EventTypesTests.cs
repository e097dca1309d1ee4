using System.Reflection;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Tests.Store;

/// <summary>No event is forgotten.</summary>
public sealed class EventTypesTests
{
    [Fact]
    public void Every_event_type_is_folded_by_a_read_model_or_listed_with_the_reason_why_not()
    {
        var folded = ReadModels.All().SelectMany(model => model.EventTypes).ToHashSet();

        LabEvents.Names.Keys.Where(type => !folded.Contains(type) && !LabEvents.Unfolded.ContainsKey(type)).ShouldBeEmpty();
        LabEvents.Unfolded.Keys.Where(folded.Contains).ShouldBeEmpty();
        folded.Where(type => !LabEvents.Names.ContainsKey(type)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_event_of_a_run_changes_its_state_or_is_listed()
    {
        Type[] withoutEffect = [typeof(RunStarted), typeof(RunEvaluated)];
        var applied = typeof(Run).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static).Where(method => method.Name is "Apply" or "Create")
            .Select(method => method.GetParameters()[0].ParameterType).ToHashSet();
        var runEvents = LabEvents.Names.Keys.Where(type => type.Namespace == typeof(RunQueued).Namespace);

        runEvents.Where(type => !applied.Contains(type) && !withoutEffect.Contains(type)).ShouldBeEmpty();
        withoutEffect.Where(applied.Contains).ShouldBeEmpty();
    }

    [Fact]
    public void Stored_names_are_written_out_and_different() =>
        LabEvents.Names.Values.Distinct().Count().ShouldBe(LabEvents.Names.Count);

    [Fact]
    public void Every_event_that_a_handler_writes_has_a_stored_name()
    {
        var written = typeof(LabStore).Assembly.GetTypes().Where(type => type.IsClass && !type.IsAbstract && type.IsSealed
            && type.Assembly.GetTypes().Any(other => other.Name.EndsWith("Events", StringComparison.Ordinal) && other.Namespace == type.Namespace) && type.Name.EndsWith("ed", StringComparison.Ordinal));
        written.Where(type => !LabEvents.Names.ContainsKey(type)).ShouldBeEmpty();
    }
}
