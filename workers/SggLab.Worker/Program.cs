using System.CommandLine;
using SggLab.Contracts;
using SggLab.Training;
using SggLab.Worker;

if (LibtorchFolder.Run(args) is { } code)
    return code;
var command = WorkerCommand.Create("SggLab.Worker", () => default);
var root = new RootCommand(command.Description!) { Action = command.Action };
foreach (var option in command.Options) root.Options.Add(option);
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    await Console.Error.WriteLineAsync($"{parsed.Errors[0].Message} See --help.");
    return 2;
}
try
{
    // The worker handles signals itself: it has a run to hand back.
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (LabException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return e.ExitCode;
}
catch (Exception e)
{
    // Not foreseen: the log line carries the details, and the supervisor starts the worker again.
    new WorkerLog(Console.Error).Error("the worker ends by a fault of its own", ("details", e));
    return 70;
}
