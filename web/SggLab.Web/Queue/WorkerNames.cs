using SggLab.Contracts.Api;

namespace SggLab.Web.Queue;

/// <summary>Workers as people tell them apart: the machine, and the beginning of the id where it has several.</summary>
public sealed class WorkerNames
{
    private const int Short = 4;
    private readonly Dictionary<string, string> _names;

    private WorkerNames(Dictionary<string, string> names) => _names = names;

    public static WorkerNames None { get; } = new([]);

    public static WorkerNames Of(IReadOnlyList<WorkerSummary> workers) => new(workers.GroupBy(worker => worker.Machine).SelectMany(machine =>
        machine.Select(worker => (worker.Id, Name: machine.Count() == 1 ? worker.Machine : $"{worker.Machine}-{worker.Id[..Math.Min(Short, worker.Id.Length)]}")))
        .ToDictionary(worker => worker.Id, worker => worker.Name));

    /// <summary>The id itself where the worker is not known here.</summary>
    public string this[string id] => _names.GetValueOrDefault(id, id);
}
