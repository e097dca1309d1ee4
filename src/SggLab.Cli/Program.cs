using SggLab.Cli;
using SggLab.Cli.Site;

// One line a group of commands; groups that share a name (run, eval, …) are joined.
return await CommandLine.RunAsync(args,
[
    UpCommands.Create(),
    DownCommands.Create(),
    StatusCommands.Create(),
    LogsCommands.Create(),
    DoctorCommands.Create(),
]);
