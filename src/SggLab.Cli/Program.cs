using SggLab.Cli;

return await CommandLine.RunAsync(args);
