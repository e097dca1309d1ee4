using System.CommandLine;
using SggLab.Contracts;
using SggLab.Worker;

var command = WorkerCommand.Create("SggLab.Worker", () => default);
var root = new RootCommand(command.Description!);
foreach (var option in command.Options) root.Options.Add(option);
root.Action = command.Action;
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (LabException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return e.ExitCode;
}
