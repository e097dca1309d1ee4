using SggLab.Contracts;

namespace SggLab.Worker;

/// <summary>Who a worker is: an id that stays with its state folder, an incarnation that is new with every process.</summary>
public static class WorkerIdentity
{
    public static string Of(WorkerOptions options)
    {
        if (options.Name is { } name) return name;
        var file = Path.Combine(Directory.CreateDirectory(options.State).FullName, "worker-id");
        if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } known) return known;
        var id = LabId.New();
        Directory.CreateDirectory(options.State);
        File.WriteAllText(file, id + "\n");
        return id;
    }
}
