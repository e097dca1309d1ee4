using SggLab.Cli;
using SggLab.Training;

return LibtorchFolder.Run(args) ?? await CommandLine.RunAsync(args);
