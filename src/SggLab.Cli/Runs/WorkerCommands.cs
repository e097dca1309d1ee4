using System.CommandLine;
using SggLab.Cli.Site;
using SggLab.Worker;

namespace SggLab.Cli.Runs;

/// <summary>`worker run`: a worker in this process, for the site that runs here or any other.</summary>
public static class WorkerCommands
{
    public static Command Create()
    {
        var worker = new LabCommand("worker", "Workers take runs from the queue and train them.") { Examples = ["./sgglab worker run --once"] };
        var run = WorkerCommand.Create("run", Defaults);
        var command = new LabCommand("run", run.Description!)
        {
            Examples =
            [
                "./sgglab worker run                                                    # for the site started here",
                "./sgglab worker run --server https://lab.example.org --token-file worker-token --state ~/sgglab-worker",
                "./sgglab worker run --once                                             # one run, then leave: for Slurm and other schedulers",
            ],
            // The worker has its own grace period.
            OwnsSignals = true,
            GoesOnUnread = true,
        };
        foreach (var option in run.Options) command.Options.Add(option);
        command.Action = run.Action;
        worker.Add(command);
        return worker;
    }

    private static (Uri?, string?, string?) Defaults()
    {
        var home = LabHome.Find();
        return (SiteAddress.Find(null, home), File.Exists(home.WorkerTokenFile) ? home.WorkerTokenFile : null, Path.Combine(home.Folder, "workers", "by-hand"));
    }
}
